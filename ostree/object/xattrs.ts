import type { Xattr } from "@apt-ostree/base";
import { compareNames } from "./name.ts";

/** Extended attributes as objects hold them: names end in NUL, sorted, no empty values. */
export type VariantXattrs = [name: Uint8Array, value: Uint8Array][];

/**
 * Extended attributes in the form that is hashed.
 *
 * Attributes without a value are left out, as libostree does.
 */
export function encodeXattrs(xattrs: readonly Xattr[] | undefined): VariantXattrs {
  if (!xattrs || xattrs.length === 0) return [];
  return xattrs.filter(([, value]) => value.length > 0)
    .toSorted(([a], [b]) => compareNames(a, b))
    .map(([name, value]) => [new TextEncoder().encode(`${name}\0`), value]);
}

/** Extended attributes from the form that is hashed. */
export function decodeXattrs(xattrs: VariantXattrs): Xattr[] {
  return xattrs.map(([name, value]) => [
    new TextDecoder().decode(name.subarray(0, name.length - 1)),
    new Uint8Array(value),
  ]);
}

/** A number with its four bytes turned round: OSTree stores these big endian inside GVariants. */
export function swap32(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) |
    (value >>> 24)) >>> 0;
}

/** A number with its eight bytes turned round. */
export function swap64(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value, true);
  return view.getBigUint64(0, false);
}
