/**
 * OCI images: their names, manifests and configurations, layouts on disk, layers whose bytes depend on
 * their content alone, and how to pack what an image holds into layers.
 *
 * @module
 */
export { readArchive, writeArchive } from "./archive.ts";
export { type BlobWriter } from "./blob_writer.ts";
export { canonicalJson } from "./canonical_json.ts";
export { COMPONENTS, keepChunks, previousChunks } from "./chunking/keep_chunks.ts";
export {
  ALWAYS,
  type Chunk,
  type Component,
  MIN_CHUNKS,
  packChunks,
} from "./chunking/pack_chunks.ts";
export { compareLayers, type LayerCount, type LayerDifference } from "./compare_layers.ts";
export { type Descriptor, digestOf, MEDIA_TYPE, type Platform } from "./descriptor.ts";
export { OciError } from "./error.ts";
export {
  formatImageConfig,
  type HistoryEntry,
  type ImageConfig,
  parseImageConfig,
  parseRunConfig,
  type RunConfig,
} from "./image_config.ts";
export { LayerWriter, type WrittenLayer } from "./layer_writer.ts";
export { OciLayout } from "./layout.ts";
export { formatManifest, type Manifest, parseManifest } from "./manifest.ts";
export { platformOf } from "./platform.ts";
export {
  formatImageReference,
  type ImageReference,
  parseImageReference,
  type Transport,
} from "./reference.ts";
export { formatRegistryName, parseRegistryName, type RegistryName } from "./registry_name.ts";
export { copyImage, type CopyImageOptions, inspectImage, type SkopeoOptions } from "./skopeo.ts";
