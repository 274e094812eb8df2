import { TarError } from "./error.ts";
import { number, text } from "./header.ts";

/** A part of a sparse file that is stored; what lies between is zeros. */
export interface SparsePart {
  /** Where it lies in the file. */
  readonly offset: number;
  /** Its bytes, more than 0. */
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

const ZEROS = new Uint8Array(64 * 1024);

/** Turns the stored parts of a sparse file into its full content. */
export class SparseBody {
  readonly #parts: readonly SparsePart[];
  readonly #size: number;
  readonly #out: (piece: Uint8Array) => void;
  #at = 0;
  #part = 0;
  #inPart = 0;

  /** @throws {TarError} `tar/bad-header` if the parts overlap, go backwards or leave the file. */
  constructor(parts: readonly SparsePart[], size: number, out: (piece: Uint8Array) => void) {
    let end = 0;
    for (const part of parts) {
      if (part.offset < end || part.offset + part.size > size) {
        throw new TarError(
          "tar/bad-header",
          "Cannot read tar archive: a sparse map is out of order",
        );
      }
      end = part.offset + part.size;
    }
    this.#parts = parts;
    this.#size = size;
    this.#out = out;
  }

  /** Take the next stored bytes. @throws {TarError} `tar/bad-header` if they are too many. */
  feed(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const part = this.#parts[this.#part];
      if (!part) {
        throw new TarError("tar/bad-header", "Cannot read tar archive: a sparse file is too long");
      }
      this.#zeros(part.offset);
      const take = Math.min(part.size - this.#inPart, bytes.length - from);
      this.#out(bytes.subarray(from, from + take));
      this.#at += take;
      this.#inPart += take;
      from += take;
      if (this.#inPart === part.size) {
        this.#part++;
        this.#inPart = 0;
      }
    }
  }

  /** The stored bytes are over: fill up. @throws {TarError} `tar/bad-header` if they are too few. */
  close(): void {
    if (this.#part < this.#parts.length) {
      throw new TarError("tar/bad-header", "Cannot read tar archive: a sparse file is too short");
    }
    this.#zeros(this.#size);
  }

  #zeros(upTo: number): void {
    while (this.#at < upTo) {
      const take = Math.min(ZEROS.length, upTo - this.#at);
      this.#out(ZEROS.subarray(0, take));
      this.#at += take;
    }
  }
}
