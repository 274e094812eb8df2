import { becomeRoot, composeImage, INITIALIZE_MODES } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { COMPOSE_IMAGE_OPTIONS, composeImageOptions } from "../compose_image_options.ts";
import { CliError } from "../error.ts";
import { formatComposedImage } from "../format/image.ts";
import { given, parseChoice } from "../option_values.ts";

/** What stands before an output in each format. */
const FORMATS = { ociarchive: "oci-archive:", oci: "oci:", registry: "docker://" } as const;

/** `apt-ostree compose image`. */
export const command: Command = defineCommand({
  name: "image",
  summary: "Generate a reproducible chunked container image from a treefile",
  args: "MANIFEST OUTPUT",
  arity: [2, 2],
  options: {
    ...COMPOSE_IMAGE_OPTIONS,
    "layer-repo": {
      type: "string",
      value: "REPO",
      help: "Repository of ostree-layers and ostree-override-layers",
    },
    "initialize": {
      type: "boolean",
      short: "i",
      help: "Do not look for an earlier image at OUTPUT; for the first build",
    },
    "initialize-mode": {
      type: "string",
      value: "MODE",
      help: `What an image at OUTPUT means: ${INITIALIZE_MODES.join(", ")} (default: query)`,
    },
    "format": {
      type: "string",
      value: "FORMAT",
      help: `What OUTPUT is: ${Object.keys(FORMATS).join(", ")} (default: ociarchive)`,
    },
    "write-lockfile-to": { type: "string", value: "FILE", help: "Write a lockfile to FILE" },
    "lockfile-strict": {
      type: "boolean",
      help: "With --lockfile, install nothing that it does not name",
    },
    "touch-if-changed": {
      type: "string",
      value: "FILE",
      help: "Make the date of FILE now if something has changed",
    },
  },
  async run({ print, progress, signal }, values, [treefile, output]) {
    if (values["lockfile-strict"] && values.lockfile.length === 0) {
      throw badOption("--lockfile-strict", "Cannot use --lockfile-strict without --lockfile");
    }
    const mode = values["initialize-mode"];
    if (values.initialize && mode !== undefined) {
      throw badOption("--initialize", "Cannot use --initialize with --initialize-mode");
    }
    const names = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
    const format = parseChoice("format", values.format ?? "ociarchive", names);
    const initialize = values.initialize
      ? "always"
      : parseChoice("initialize-mode", mode ?? "query", INITIALIZE_MODES);
    await becomeRoot();
    const result = await composeImage({
      treefile: treefile!,
      target: FORMATS[format] + output!,
      initialize,
      ...composeImageOptions(values),
      lockfileStrict: values["lockfile-strict"],
      ...given({
        layerRepo: values["layer-repo"],
        writeLockfileTo: values["write-lockfile-to"],
        touchIfChanged: values["touch-if-changed"],
      }),
      progress,
      signal,
    });
    print(formatComposedImage(result));
    return 0;
  },
});

function badOption(subject: string, message: string): CliError {
  return new CliError("cli/bad-option", message, { subject, hint: "See --help for the options" });
}
