import { number, text } from "./header.ts";

/** A part of a sparse file that is stored; what lies between is zeros. */
export interface SparsePart {
  readonly offset: number;
  readonly size: number;
}

/**
 * Read entries of GNU tar's old sparse map.
 *
 * @param start Where the first of at most `count` entries of 24 bytes lies.
 * @see GNU tar manual, "Storing Sparse Files", old GNU format
 */
export function parseSparseMap(block: Uint8Array, start: number, count: number): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let i = 0; i < count; i++) {
    const at = start + i * 24;
    if (text(block, at, 12) === "" && block[at]! < 0x80) break;
    const part = { offset: number(block, at, 12), size: number(block, at + 12, 12) };
    if (part.size > 0) parts.push(part);
  }
  return parts;
}
