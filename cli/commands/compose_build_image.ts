import { becomeRoot, buildImage, isTreefile } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { COMPOSE_IMAGE_OPTIONS, composeImageOptions } from "../compose_image_options.ts";
import { formatComposedImage } from "../format/image.ts";
import { given } from "../option_values.ts";

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
  },
  async run({ print, progress, signal }, values, [source, target]) {
    if (isTreefile(source!)) await becomeRoot(values.repo);
    const result = await buildImage({
      source: source!,
      target: target!,
      ...composeImageOptions(values),
      ...given({ repo: values.repo }),
      progress,
      signal,
    });
    print(formatComposedImage(result));
    return 0;
  },
});
