import {
  compareLayers,
  type ImageReference,
  type LayerDifference,
  type Manifest,
  OciError,
  parseImageReference,
  parseManifest,
  parseRunConfig,
  type RunConfig,
} from "@apt-ostree/oci";
import { Repo } from "@apt-ostree/ostree";
import { WorkDir } from "@apt-ostree/sandbox";
import { requireOutputs, writeOutput } from "../compose/output_file.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { formatContentMeta } from "./content_meta.ts";
import { encapsulateCommit, type EncapsulateOptions } from "./encapsulate_commit.ts";
import type { ImageContents } from "./image_contents.ts";
import { requireImage, requireTarget, writeImage, type WriteImageOptions } from "./image_target.ts";

/** What {@linkcode encapsulateImage} is asked for. */
export interface EncapsulateImageOptions
  extends Omit<EncapsulateOptions, "runConfig" | "database"> {
  /** Repository that has the commit. */
  readonly repo: string;
  /** The commit. */
  readonly rev: string;
  /** Where the image goes, as {@linkcode parseImageReference} reads it. */
  readonly target: string;
  /** JSON file that says how containers run. */
  readonly imageConfig?: string;
  /** JSON file with the manifest of an image whose division into layers is kept. */
  readonly previousManifest?: string;
  /** Image that the new one is compared with. */
  readonly compareWith?: string;
  /** JSON file that gets what the image is made of. */
  readonly writeContentMeta?: string;
  /** File with the credentials of registries. */
  readonly authfile?: string;
  /** How often a copy that failed is tried again. @default {0} */
  readonly retryTimes?: number;
}

/** An image at its place. */
export interface ImageResult {
  /** Digest of the manifest. */
  readonly digest: string;
  /** The commit that it has. */
  readonly commit: string;
  /** Layers, the commit's own counted. */
  readonly layers: number;
  /** Bytes of the layers' blobs. */
  readonly size: number;
  /** Content objects. */
  readonly objects: number;
  /** Packages. */
  readonly packages: number;
  /** Against the image that it was compared with. */
  readonly difference?: LayerDifference;
}

/**
 * Make an image of a commit and bring it to its place, as {@linkcode encapsulateCommit} has it.
 *
 * @throws {ImageError} {@linkcode OciError} {@linkcode RepoError} {@linkcode RefError}
 */
export async function encapsulateImage(options: EncapsulateImageOptions): Promise<ImageResult> {
  const target = parseImageReference(options.target);
  requireTarget(target);
  requireOutputs(options.writeContentMeta);
  const repo = Repo.open(options.repo);
  const reach = pickDefined(options, "authfile", "retryTimes", "signal");
  const compareWith = options.compareWith === undefined
    ? undefined
    : (await requireImage(parseImageReference(options.compareWith), reach)).manifest;
  const previous = options.previousManifest === undefined
    ? options.previous
    : parseManifest(readImageFile(options.previousManifest), options.previousManifest);
  // A repository that nobody may write to can still be encapsulated into a layout.
  using work = target.transport === "oci"
    ? undefined
    : WorkDir.create(`${repo.path}/extensions/aptostree/images`);
  const { result, contents } = await deliverImage(repo, options.rev, target, {
    ...options,
    ...pickDefined({ previous, before: compareWith }, "previous", "before"),
    ...readRunConfig(options.imageConfig),
    directory: work?.path ?? "",
  });
  if (options.writeContentMeta !== undefined) {
    writeOutput(options.writeContentMeta, formatContentMeta(contents));
  }
  return result;
}

/** How {@linkcode deliverImage} goes about it. */
export interface DeliverImageOptions extends EncapsulateOptions, Omit<WriteImageOptions, "runner"> {
  /** Manifest of the image that the new one is compared with. */
  readonly before?: Manifest;
}

/** Make an image of a commit and bring it to its place. */
export async function deliverImage(
  repo: Repo,
  rev: string,
  target: ImageReference,
  options: DeliverImageOptions,
): Promise<{ readonly result: ImageResult; readonly contents: ImageContents }> {
  const { image, digest } = await writeImage(
    target,
    (layout) => encapsulateCommit(repo, rev, layout, options),
    options,
  );
  const { manifest, commit, contents } = image;
  const result = {
    digest,
    commit,
    layers: manifest.layers.length,
    size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    objects: contents.paths.size,
    packages: contents.packages,
    ...(options.before ? { difference: compareLayers(options.before, manifest) } : {}),
  };
  return { result, contents };
}

/** How containers run, from a file. @throws {OciError} `oci/not-found`, `oci/bad-config`, `oci/bad-json`. */
export function readRunConfig(path: string | undefined): { readonly runConfig?: RunConfig } {
  return path === undefined ? {} : { runConfig: parseRunConfig(readImageFile(path), path) };
}

function readImageFile(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new OciError("oci/not-found", `Cannot read "${path}": there is no such file`, {
      subject: path,
      cause,
    });
  }
}
