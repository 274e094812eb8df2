import { becomeRoot, buildImage, isTreefile } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { COMPOSE_IMAGE_OPTIONS } from "../compose_image_options.ts";
import { formatComposedImage } from "../format/image.ts";
import { IMAGE_CONFIG_OPTION, IMAGE_OPTIONS } from "../image_options.ts";
import { given, parseCount, parsePairs } from "../option_values.ts";
import { sourceDateEpoch } from "../source_date_epoch.ts";

/** `apt-ostree compose build-image`. */
export const command: Command = defineCommand({
  name: "build-image",
  summary: "Make a container image from a treefile, or from a commit",
  args: "TREEFILE|REF IMGREF",
  arity: [2, 2],
  options: {
    "repo": {
      type: "string",
      short: "r",
      value: "REPO",
      help: "Repository that has REF, or takes the commit of TREEFILE",
    },
    ...COMPOSE_IMAGE_OPTIONS,
    "lockfile": { type: "list", value: "FILE", help: "Use the versions that FILE names" },
    ...IMAGE_OPTIONS,
    ...IMAGE_CONFIG_OPTION,
  },
  async run({ print, progress, signal }, values, [source, target]) {
    if (isTreefile(source!)) await becomeRoot(values.repo);
    const result = await buildImage({
      source: source!,
      target: target!,
      forceNocache: values["force-nocache"],
      cacheOnly: values.offline,
      lockfiles: values.lockfile,
      labels: parsePairs("label", values.label),
      ...given({
        repo: values.repo,
        cachedir: values.cachedir,
        sourceRoot: values["source-root"],
        authfile: values.authfile,
        imageConfig: values["image-config"],
        retryTimes: parseCount("copy-retry-times", values["copy-retry-times"]),
        maxLayers: parseCount("max-layers", values["max-layers"]),
      }),
      ...sourceDateEpoch(),
      progress,
      signal,
    });
    print(formatComposedImage(result));
    return 0;
  },
});
