import fc from "fast-check";

/** One change to bytes; its place is a part of their length, so that it fits any. */
interface Mutation {
  /** What is done. */
  readonly kind: "flip" | "set" | "cut" | "remove" | "repeat" | "swap";
  /** Where, from 0 to 1. */
  readonly at: number;
  /** How much, or what. */
  readonly value: number;
}

/** Some changes, as damage and ill will make them. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("flip", "flip", "set", "set", "cut", "remove", "repeat", "swap"),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    value: fc.integer({ min: 0, max: 0xffff }),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Bytes with changes made one after the other; the original stays as it is. */
export function mutate(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array<ArrayBuffer> {
  let all = new Uint8Array(bytes);
  for (const { kind, at, value } of changes) {
    const place = Math.floor(at * all.length);
    const length = value % 1024;
    if (kind === "flip") all[place]! ^= 1 << (value % 8);
    else if (kind === "set") all[place] = value;
    else if (kind === "cut") all = all.slice(0, place);
    else if (kind === "remove") all = joined(all.subarray(0, place), all.subarray(place + length));
    else if (kind === "repeat") all = joined(all.subarray(0, place + length), all.subarray(place));
    else all.copyWithin(place, Math.max(0, place - length), place);
  }
  return all;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
