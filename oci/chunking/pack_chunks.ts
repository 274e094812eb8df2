import { OciError } from "../error.ts";

/** Something of an image that changes as a whole, such as a package. */
export interface Component {
  /** Without commas; the same from build to build. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** How often it changes, for example updates a year; {@linkcode ALWAYS} for with every build. */
  readonly frequency: number;
}

/** Frequency of what changes with every build. */
export const ALWAYS = 0xffff_ffff;
/** Fewest layers that components can be packed into. */
export const MIN_CHUNKS = 4;

/** Components that share a layer. */
export type Chunk = readonly Component[];

/**
 * Pack components into layers, so that an update replaces few bytes: large ones stay alone, the rest
 * goes together with what changes as often.
 *
 * Pure, and the same for components in any order. The last layer is empty: later builds put new
 * components there, see {@linkcode keepChunks}.
 *
 * @param most Most layers, {@linkcode MIN_CHUNKS} or more, the empty one counted.
 * @throws {OciError} `oci/too-few-layers`.
 */
export function packChunks(components: readonly Component[], most: number): Chunk[] {
  checkMost(most);
  const bySize = components.toSorted((a, b) => b.size - a.size || order(a.name, b.name));
  if (bySize.length < most) return [...bySize.map((each) => [each]), []];
  const always = bySize.filter((each) => each.frequency === ALWAYS);
  const others = bySize.filter((each) => each.frequency !== ALWAYS);
  const alwaysBins = always.length > 0 ? 1 : 0;
  const budget = most - 2 - alwaysBins; // one for all small ones, one that stays empty
  const highLimit = Math.floor(0.6 * budget);
  const mediumLimit = budget - highLimit;
  const { high, medium, low } = splitBySize(others, highLimit);
  const bins: Chunk[] = high.map((each) => [each]);
  if (low.length > 0) bins.push(low);
  const perBin = Math.max(
    1,
    Math.floor((others.length - high.length - low.length) / Math.max(1, mediumLimit)),
  );
  for (const alike of splitByChange(medium)) {
    for (let at = 0; at < alike.length; at += perBin) bins.push(alike.slice(at, at + perBin));
  }
  mergeNeighbours(bins, high.length, most - 1 - alwaysBins);
  if (always.length > 0) bins.push(always);
  return [...bins, []];
}

/** @throws {OciError} `oci/too-few-layers`. */
export function checkMost(most: number): void {
  if (Number.isInteger(most) && most >= MIN_CHUNKS) return;
  throw new OciError("oci/too-few-layers", `Cannot pack an image into ${most} layers`, {
    hint: `Allow ${MIN_CHUNKS} or more`,
  });
}

function splitBySize(components: readonly Component[], highLimit: number) {
  const sizes = components.map((each) => each.size);
  const middle = median(sizes);
  const spread = median(sizes.map((size) => Math.abs(size - middle)));
  const highFrom = middle + 2 * spread;
  const lowTo = 0.5 * Math.abs(middle - 2 * spread);
  const large = components.filter((each) => each.size >= highFrom);
  const low = components.filter((each) => each.size < highFrom && each.size <= lowTo);
  const rest = components.filter((each) => each.size < highFrom && each.size > lowTo);
  return { high: large.slice(0, highLimit), medium: [...large.slice(highLimit), ...rest], low };
}

/** Components in groups that are alike in change and size, those that change most first. */
function splitByChange(components: readonly Component[]): Component[][] {
  const sorted = components.toSorted((a, b) => a.frequency - b.frequency);
  const frequency = thresholds(sorted.map((each) => each.frequency));
  const size = thresholds(sorted.map((each) => each.size));
  const groups: Component[][] = Array.from({ length: 9 }, () => []);
  for (const each of sorted) {
    const [high, middle, low] = [0, 1, 2];
    const rate = each.frequency >= frequency.high
      ? high
      : each.frequency <= frequency.low
      ? low
      : middle;
    // Within a rate: large, small, then those between.
    const bulk = each.size >= size.high ? 0 : each.size <= size.low ? 1 : 2;
    groups[3 * rate! + bulk]!.push(each);
  }
  return groups.filter((group) => group.length > 0);
}

function thresholds(values: readonly number[]): { readonly high: number; readonly low: number } {
  const mean = values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) /
    Math.max(1, values.length);
  const deviation = Math.sqrt(variance);
  return { high: mean + 2 * deviation, low: 0.5 * Math.abs(mean - 2 * deviation) };
}

/** Merge bins behind the first ones, two by two from the end, until there are few enough. */
function mergeNeighbours(bins: Chunk[], first: number, most: number): void {
  while (bins.length > most) {
    const pairs: number[] = [];
    for (let at = first + 1; at < bins.length - 1; at += 2) pairs.push(at);
    if (pairs.length === 0) { // only two are left behind the first ones
      const at = Math.max(0, bins.length - 2);
      bins.splice(at, 2, bins.slice(at).flat());
      continue;
    }
    for (const at of pairs.reverse()) {
      if (bins.length <= most) return;
      const [left = [], right = []] = bins.splice(at - 1, 2);
      bins.splice(at, 0, [...left, ...right]);
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
