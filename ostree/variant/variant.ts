/**
 * A value of the GVariant type that it carries with it.
 *
 * How types and values go together: `y n q i u h d` number, `x t` bigint, `b` boolean, `s o g`
 * string, `ay` `Uint8Array`, `aT` array, `a{KV}` `Map`, `{KV}` and tuples array of the members, `mT`
 * value or `null`, `v` {@linkcode Variant}.
 */
export interface Variant {
  /** GVariant type string, for example `a{sv}`. */
  readonly type: string;
  /** The value. */
  readonly value: unknown;
}

/** Metadata of a commit or of a summary: `a{sv}`, in the order it is written in. */
export type VariantDict = ReadonlyMap<string, Variant>;

/**
 * A value with its type.
 *
 * @example Usage
 * ```ts
 * import { encodeVariant, variant } from "@apt-ostree/ostree";
 * import { assertEquals } from "@std/assert";
 *
 * const metadata = new Map([["version", variant("s", "12.1")]]);
 * assertEquals(encodeVariant("a{sv}", metadata).length, 17);
 * ```
 */
export function variant(type: string, value: unknown): Variant {
  return { type, value };
}
