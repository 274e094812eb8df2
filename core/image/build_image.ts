import { parseImageReference } from "@apt-ostree/oci";
import { Repo } from "@apt-ostree/ostree";
import { pickDefined } from "../compose/pick_defined.ts";
import { ImageError } from "../error.ts";
import {
  composeImage,
  type ComposeImageOptions,
  type ComposeImageResult,
} from "./compose_image.ts";
import { encapsulateImage } from "./encapsulate_image.ts";
import { COMMIT_LABEL } from "./image_labels.ts";
import { readImage } from "./image_target.ts";

/** What {@linkcode buildImage} is asked for. */
export interface BuildImageOptions extends Omit<ComposeImageOptions, "treefile" | "initialize"> {
  /** A treefile, or a commit of the repository. */
  readonly source: string;
}

/**
 * Make an image from a treefile or from a commit, whichever the source is; an image that is there already
 * keeps its division into layers, and is left alone where nothing has changed.
 *
 * @throws {ImageError} `image/no-source` if it is neither, and what {@linkcode composeImage} and
 * {@linkcode encapsulateImage} throw.
 */
export async function buildImage(options: BuildImageOptions): Promise<ComposeImageResult> {
  const { source, target, repo } = options;
  if (isTreefile(source)) {
    return await composeImage({ ...options, treefile: source, initialize: "if-not-exists" });
  }
  if (repo === undefined || Repo.open(repo).resolveRev(source) === undefined) {
    const where = repo === undefined ? "no repository is named" : `"${repo}" has no such commit`;
    const message = `Cannot make an image of "${source}": there is no such treefile, and ${where}`;
    throw new ImageError("image/no-source", message, {
      subject: source,
      hint: "Name a treefile, or a ref of the repository that --repo names",
    });
  }
  const reach = pickDefined(options, "authfile", "signal");
  const previous = await readImage(parseImageReference(target), reach);
  const commit = Repo.open(repo).requireRev(source);
  if (!options.forceNocache && previous?.config.config?.Labels?.[COMMIT_LABEL] === commit) {
    return { kind: "unchanged", target };
  }
  const image = await encapsulateImage({
    ...pickDefined(options, "labels", "imageConfig", "maxLayers", "authfile", "retryTimes"),
    ...pickDefined(options, "signal", "progress"),
    repo,
    rev: commit,
    target,
    ...(previous ? { previous: previous.manifest, compareWith: target } : {}),
  });
  return { kind: "written", target, image };
}

/** Whether a source is a file: no ref begins with a slash or a dot, and a file of the name wins. */
export function isTreefile(source: string): boolean {
  try {
    return Deno.statSync(source).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
