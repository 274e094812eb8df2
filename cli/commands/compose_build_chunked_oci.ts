import { becomeRoot, buildChunkedImage, type ImageSigningKey } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatImage } from "../format/image.ts";
import { withTag, withTransport } from "../image_name.ts";
import { FORMAT_VERSION_OPTION, FORMAT_VERSIONS, IMAGE_OPTIONS } from "../image_options.ts";
import { given, parseChoice, parseCount, parsePairs } from "../option_values.ts";
import { sourceDateEpoch } from "../source_date_epoch.ts";

/** Kinds of keys. */
const KEYS = ["ed25519", "spki"] as const;

/** `apt-ostree compose build-chunked-oci`. */
export const command: Command = defineCommand({
  name: "build-chunked-oci",
  summary: "Generate a chunked container image from a root filesystem",
  args: "",
  arity: [0, 0],
  options: {
    "rootfs": { type: "string", value: "DIR", help: "Root filesystem to make the image of" },
    "from": {
      type: "string",
      value: "IMAGE",
      help: "Image to make it of, by default one of podman's store; with --rootfs it gives the " +
        "configuration alone",
    },
    "bootc": { type: "boolean", help: "Make an image for bootc; there is no other kind" },
    ...FORMAT_VERSION_OPTION,
    "sign-commit": {
      type: "list",
      value: "TYPE=PATH",
      help: "Sign the commit in the image with a key: ed25519 (base64) or spki (PEM)",
    },
    ...IMAGE_OPTIONS,
    "previous-build": {
      type: "string",
      value: "IMGREF",
      help: "Divide files among layers as an image did (default: the one at --output)",
    },
    "reference": {
      type: "string",
      value: "TAG",
      help: "Tag of the image, where --output has none (default: latest)",
    },
    "output": { type: "string", value: "TRANSPORT:TARGET", help: "Where the image goes" },
  },
  async run({ print, progress, signal }, values) {
    const { rootfs, from, output } = values;
    if (output === undefined) throw missing("--output", "nothing says where it goes");
    if (!values.bootc) throw missing("--bootc", "there is no other kind");
    if (rootfs === undefined && from === undefined) {
      throw missing("--rootfs", "nothing says of what; or name an image with --from");
    }
    const version = parseChoice("format-version", values["format-version"] ?? "2", FORMAT_VERSIONS);
    const target = withTag(output, values.reference ?? "latest");
    await becomeRoot();
    const image = await buildChunkedImage({
      target,
      formatVersion: version === "1" ? 1 : 2,
      labels: parsePairs("label", values.label),
      sign: values["sign-commit"].map(signingKey),
      ...given({
        rootfs,
        from: from === undefined ? undefined : withTransport(from),
        maxLayers: parseCount("max-layers", values["max-layers"]),
        previousBuild: values["previous-build"],
      }),
      ...sourceDateEpoch(),
      progress,
      signal,
    });
    print(formatImage(image, target));
    return 0;
  },
});

function signingKey(text: string): ImageSigningKey {
  const [[type = "", path = ""] = []] = Object.entries(parsePairs("sign-commit", [text]));
  return { type: parseChoice("sign-commit", type, KEYS), path };
}

function missing(option: string, what: string): CliError {
  return new CliError("cli/bad-option", `Cannot make an image without ${option}: ${what}`, {
    subject: option,
    hint: "For example: --bootc --rootfs=DIR --output=oci:images:12",
  });
}
