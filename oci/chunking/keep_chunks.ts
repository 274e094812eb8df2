import type { Manifest } from "../manifest.ts";
import { checkMost, type Chunk, type Component } from "./pack_chunks.ts";

/** Annotation of a layer that lists its components, sorted, with commas between. */
export const COMPONENTS = "ostree.components";

/**
 * The components of each layer of an image that was packed before, its first layer left out.
 *
 * @returns `undefined` where a layer does not say, as after a way through a local store.
 */
export function previousChunks(manifest: Manifest): string[][] | undefined {
  const lists = manifest.layers.slice(1).map((layer) => layer.annotations?.[COMPONENTS]);
  if (lists.some((each) => each === undefined)) return undefined;
  return lists.map((each) => each!.split(",").filter((name) => name !== ""));
}

/**
 * Pack components as they were packed before, so that layers of unchanged ones stay what they are.
 *
 * Pure. New components go to the last layer, those that are gone leave theirs, and layers that become
 * empty go, but for the last.
 *
 * @param previous Names of the components of each layer.
 * @param most Most layers.
 * @returns `undefined` where the old layers are too many, or none: pack anew then.
 * @throws {OciError} `oci/too-few-layers`.
 */
export function keepChunks(
  previous: readonly (readonly string[])[],
  components: readonly Component[],
  most: number,
): Chunk[] | undefined {
  checkMost(most);
  if (previous.length === 0) return undefined;
  const left = new Map(components.map((each) => [each.name, each]));
  const bins = previous.map((names) =>
    names.flatMap((name) => {
      const found = left.get(name);
      left.delete(name); // one that two layers claim is the first one's
      return found ?? [];
    })
  );
  bins.at(-1)!.push(...[...left.values()].sort((a, b) => a.name < b.name ? -1 : 1));
  const kept = bins.filter((bin, at) => bin.length > 0 || at === bins.length - 1);
  return kept.length > most ? undefined : kept;
}
