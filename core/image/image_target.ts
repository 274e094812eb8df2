import {
  copyImage,
  type Descriptor,
  formatImageReference,
  type ImageConfig,
  type ImageReference,
  inspectImage,
  type Manifest,
  OciError,
  OciLayout,
  parseImageConfig,
  parseManifest,
  readArchive,
  type SkopeoOptions,
  writeArchive,
} from "@apt-ostree/oci";

import { pathExists } from "@apt-ostree/base";
import { removeTree } from "@apt-ostree/sandbox";
import { requireOutputs } from "../compose/output_file.ts";

/** Tag of an image in a layout where none is given. */
const DEFAULT_TAG = "latest";

/** How {@linkcode writeImage} brings an image to its place. */
export interface WriteImageOptions extends SkopeoOptions {
  /** How often a copy that failed is tried again. @default {0} */
  readonly retryTimes?: number;
  /** Temporary directory for what only passes through. */
  readonly directory: string;
}

/**
 * Have an image written and bring it to its place: straight into a layout, as an archive, or by skopeo.
 *
 * What a name names changes last, in one step.
 *
 * @param build Writes the image into a layout.
 * @returns What was built, and the digest of its manifest there.
 * @throws {OciError}
 */
export async function writeImage<T extends { readonly descriptor: Descriptor }>(
  target: ImageReference,
  build: (layout: OciLayout) => Promise<T>,
  options: WriteImageOptions,
): Promise<{ readonly image: T; readonly digest: string }> {
  if (target.transport === "oci") {
    const isNew = !pathExists(target.path);
    const layout = OciLayout.create(target.path);
    try {
      const image = await build(layout);
      layout.setManifest(image.descriptor, target.tag ?? DEFAULT_TAG);
      return { image, digest: image.descriptor.digest };
    } catch (error) {
      // Half an image would only fill the disk, unless somebody else has put a whole one beside it.
      if (isNew && layout.manifests().length === 0) removeTree(target.path);
      throw error;
    }
  }
  const path = `${options.directory}/image`;
  const layout = OciLayout.create(path);
  const image = await build(layout);
  if (target.transport === "oci-archive") {
    writeArchive(layout, image.descriptor, target.path, target.tag);
    return { image, digest: image.descriptor.digest };
  }
  layout.setManifest(image.descriptor, DEFAULT_TAG);
  const digest = await copyImage({ transport: "oci", path, tag: DEFAULT_TAG }, target, options);
  return { image, digest };
}

/**
 * Make sure that an image can be written to a place of this machine, before the work begins.
 *
 * @throws {OciError} `oci/bad-layout`. @throws {ComposeError} `compose/bad-output`.
 */
export function requireTarget(target: ImageReference): void {
  if (target.transport === "oci-archive") requireOutputs(target.path);
  if (target.transport !== "oci" || !pathExists(target.path)) return;
  const { isDirectory } = Deno.statSync(target.path);
  if (!isDirectory || [...Deno.readDirSync(target.path)].length > 0) OciLayout.open(target.path);
}

/** An image as it is at its place. */
export interface FoundImage {
  readonly manifest: Manifest;
  readonly config: ImageConfig;
}

/**
 * Read manifest and configuration of an image.
 *
 * @returns `undefined` where there is none.
 * @throws {OciError} If it cannot be read.
 */
export async function readImage(
  reference: ImageReference,
  options: SkopeoOptions = {},
): Promise<FoundImage | undefined> {
  const subject = formatImageReference(reference);
  try {
    const { manifest, config } = await readParts(reference, options);
    return {
      manifest: parseManifest(manifest, subject),
      config: parseImageConfig(config, subject),
    };
  } catch (error) {
    if (error instanceof OciError && error.code === "oci/not-found") return undefined;
    throw error;
  }
}

/** Like {@linkcode readImage}. @throws {OciError} `oci/not-found` where there is none. */
export async function requireImage(
  reference: ImageReference,
  options: SkopeoOptions = {},
): Promise<FoundImage> {
  const found = await readImage(reference, options);
  if (found) return found;
  const subject = formatImageReference(reference);
  throw new OciError("oci/not-found", `Cannot find image "${subject}"`, { subject });
}

async function readParts(
  reference: ImageReference,
  options: SkopeoOptions,
): Promise<{ readonly manifest: Uint8Array; readonly config: Uint8Array }> {
  if (reference.transport === "oci-archive") return readArchive(reference.path, reference.tag);
  if (reference.transport !== "oci") return await inspectImage(reference, options);
  const layout = OciLayout.open(reference.path);
  const manifest = layout.readBlob(layout.findManifest(reference.tag));
  const { config } = parseManifest(manifest, reference.path);
  return { manifest, config: layout.readBlob(config) };
}
