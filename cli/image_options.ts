import type { OptionTable } from "./command.ts";

/** Options of all commands that write images. */
export const IMAGE_OPTIONS = {
  "label": { type: "list", short: "l", value: "KEY=VALUE", help: "Add a label to the image" },
  "max-layers": {
    type: "string",
    value: "N",
    help: "Pack files into at most N layers beside the commit's (default: 64)",
  },
} as const satisfies OptionTable;

/** How containers of the image run. */
export const IMAGE_CONFIG_OPTION = {
  "image-config": {
    type: "string",
    value: "FILE",
    help: 'Read how containers run from a JSON file, the "config" of an image configuration',
  },
} as const satisfies OptionTable;

/** Forms of the layers. */
export const FORMAT_VERSION_OPTION = {
  "format-version": {
    type: "string",
    value: "VERSION",
    help: "1: only the first layer has directories; 2: each has those of its files (default: 2)",
  },
} as const satisfies OptionTable;

/** What {@linkcode FORMAT_VERSION_OPTION} may be. */
export const FORMAT_VERSIONS = ["1", "2"] as const;
