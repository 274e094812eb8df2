import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";

/** What a host that has one image must fetch for another. */
export interface LayerDifference {
  /** Layers of the new image. */
  readonly total: LayerCount;
  /** Those that the old one has too. */
  readonly kept: LayerCount;
  /** Those of the new one alone. */
  readonly added: LayerCount;
  /** Those of the old one alone. */
  readonly removed: LayerCount;
}

/** Some layers. */
export interface LayerCount {
  /** How many. */
  readonly layers: number;
  /** Bytes of their blobs. */
  readonly size: number;
}

/** Compare the layers of two images by their digests. */
export function compareLayers(before: Manifest, after: Manifest): LayerDifference {
  const [old, now] = [byDigest(before), byDigest(after)];
  const within = (
    layers: Map<string, Descriptor>,
    others: Map<string, Descriptor>,
    both: boolean,
  ) => count([...layers.values()].filter((each) => others.has(each.digest) === both));
  return {
    total: count([...now.values()]),
    kept: within(now, old, true),
    added: within(now, old, false),
    removed: within(old, now, false),
  };
}

function byDigest({ layers }: Manifest): Map<string, Descriptor> {
  return new Map(layers.map((layer) => [layer.digest, layer]));
}

function count(layers: readonly Descriptor[]): LayerCount {
  return { layers: layers.length, size: layers.reduce((sum, each) => sum + each.size, 0) };
}
