import { encapsulateImage } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatImage } from "../format/image.ts";
import {
  FORMAT_VERSION_OPTION,
  FORMAT_VERSIONS,
  IMAGE_CONFIG_OPTION,
  IMAGE_OPTIONS,
} from "../image_options.ts";
import { given, parseChoice, parseCount, parsePairs } from "../option_values.ts";

/** `apt-ostree compose container-encapsulate`. */
export const command: Command = defineCommand({
  name: "container-encapsulate",
  summary: "Generate a reproducible chunked container image from an OSTree commit",
  args: "OSTREE_REF IMGREF",
  arity: [2, 2],
  options: {
    "repo": { type: "string", value: "REPO", help: "Repository that has the commit" },
    ...IMAGE_OPTIONS,
    ...IMAGE_CONFIG_OPTION,
    "arch": { type: "string", value: "ARCH", help: "Architecture that the image is for" },
    "copymeta": { type: "list", value: "KEY", help: "Copy a key of commit metadata to a label" },
    "copymeta-opt": {
      type: "list",
      value: "KEY",
      help: "Copy a key of commit metadata to a label where the commit has it",
    },
    "cmd": { type: "list", value: "WORD", help: "What containers run, a word each" },
    ...FORMAT_VERSION_OPTION,
    "write-contentmeta-json": {
      type: "string",
      value: "FILE",
      help: "Write what the image is made of to FILE as JSON",
    },
    "compare-with-build": {
      type: "string",
      value: "IMGREF",
      help: "Show which layers differ from those of another image",
    },
    "previous-build-manifest": {
      type: "string",
      value: "FILE",
      help: "Divide files among layers as an image did, by its manifest",
    },
  },
  async run({ print, progress, signal }, values, [rev, target]) {
    if (values.repo === undefined) {
      throw new CliError("cli/bad-option", "Cannot make an image: no repository is named", {
        subject: "--repo",
        hint: "Name one with --repo=REPO",
      });
    }
    const version = parseChoice("format-version", values["format-version"] ?? "2", FORMAT_VERSIONS);
    const image = await encapsulateImage({
      repo: values.repo,
      rev: rev!,
      target: target!,
      labels: parsePairs("label", values.label),
      copyMeta: values.copymeta,
      copyMetaOptional: values["copymeta-opt"],
      formatVersion: version === "1" ? 1 : 2,
      ...(values.cmd.length > 0 ? { cmd: values.cmd } : {}),
      ...given({
        architecture: values.arch,
        imageConfig: values["image-config"],
        maxLayers: parseCount("max-layers", values["max-layers"]),
        writeContentMeta: values["write-contentmeta-json"],
        compareWith: values["compare-with-build"],
        previousManifest: values["previous-build-manifest"],
      }),
      progress,
      signal,
    });
    print(formatImage(image, target!));
    return 0;
  },
});
