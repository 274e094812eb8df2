import type { BuildImageOptions } from "@apt-ostree/core";
import type { OptionTable, OptionValues } from "./command.ts";
import { IMAGE_CONFIG_OPTION, IMAGE_OPTIONS } from "./image_options.ts";
import { given, parseCount, parsePairs } from "./option_values.ts";
import { sourceDateEpoch } from "./source_date_epoch.ts";

/** Options of the commands that compose a treefile to an image. */
export const COMPOSE_IMAGE_OPTIONS = {
  "cachedir": {
    type: "string",
    value: "DIR",
    help: "Keep downloads and imported packages here; it must exist",
  },
  "source-root": {
    type: "string",
    value: "PATH",
    help: "Use the package sources of the system at PATH where the treefile names none",
  },
  "authfile": { type: "string", value: "FILE", help: "Credentials of registries" },
  "force-nocache": { type: "boolean", help: "Compose even if nothing has changed" },
  "offline": { type: "boolean", help: "Use what is cached, and no archive of packages" },
  "copy-retry-times": {
    type: "string",
    value: "N",
    help: "Try N times again if an image cannot be copied to a registry",
  },
  "lockfile": { type: "list", value: "FILE", help: "Use the versions that FILE names" },
  ...IMAGE_OPTIONS,
  ...IMAGE_CONFIG_OPTION,
} as const satisfies OptionTable;

/** What these options ask for. @throws {CliError} `cli/bad-option`. */
export function composeImageOptions(
  values: OptionValues<typeof COMPOSE_IMAGE_OPTIONS>,
): Omit<BuildImageOptions, "source" | "target"> {
  return {
    forceNocache: values["force-nocache"],
    cacheOnly: values.offline,
    lockfiles: values.lockfile,
    labels: parsePairs("label", values.label),
    ...given({
      cachedir: values.cachedir,
      sourceRoot: values["source-root"],
      authfile: values.authfile,
      imageConfig: values["image-config"],
      retryTimes: parseCount("copy-retry-times", values["copy-retry-times"]),
      maxLayers: parseCount("max-layers", values["max-layers"]),
    }),
    ...sourceDateEpoch(),
  };
}
