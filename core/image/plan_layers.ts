import { type Chunk, COMPONENTS, keepChunks, packChunks } from "@apt-ostree/oci";
import type { ImageComponent, ImageContents } from "./image_contents.ts";

/** An object of a layer, and the paths that link to it. */
export type LayerObject = readonly [checksum: string, paths: readonly string[]];

/** A layer to be written. */
export interface LayerPlan {
  /** Sorted by checksum. */
  readonly objects: readonly LayerObject[];
  /** What made it, for the image's history. */
  readonly title: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Names of this many components are listed in a title. */
const LISTED = 5;

/**
 * Divide a system's objects among layers.
 *
 * Pure.
 *
 * @param most Most layers.
 * @param previous Components of an earlier image's layers, which are kept where they can be.
 * @throws {OciError} `oci/too-few-layers`.
 */
export function planLayers(
  contents: ImageContents,
  most: number,
  previous?: readonly (readonly string[])[],
): LayerPlan[] {
  const { components, paths } = contents;
  const byName = new Map(components.map((each) => [each.name, each]));
  const kept = previous && keepChunks(previous, components, most);
  return (kept ?? packChunks(components, most)).map((chunk: Chunk) => {
    // By name: a layer that is kept reads as it did when it was packed.
    const parts = chunk.map((each) => byName.get(each.name)!)
      .sort((a, b) => a.name < b.name ? -1 : 1);
    const objects = parts.flatMap((each) => each.objects).sort();
    return {
      objects: objects.map((checksum) => [checksum, paths.get(checksum)!]),
      title: chunkTitle(parts),
      annotations: { [COMPONENTS]: parts.map((each) => each.name).join(",") },
    };
  });
}

function chunkTitle(parts: readonly ImageComponent[]): string {
  if (parts.length === 0) return "Reserved for new packages";
  if (parts.length > LISTED) return `${parts.length} components`;
  return parts.map((each) => each.title).join(" and ");
}
