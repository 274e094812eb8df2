import { createHash } from "node:crypto";
import { createGzip } from "node:zlib";
import type { BlobWriter } from "./blob_writer.ts";
import { type Descriptor, MEDIA_TYPE } from "./descriptor.ts";
import type { OciLayout } from "./layout.ts";

/** A layer that was written. */
export interface WrittenLayer {
  /** What names its blob. */
  readonly descriptor: Descriptor;
  /** Digest of the tar archive in it. */
  readonly diffId: string;
  /** Bytes of that archive. */
  readonly tarSize: number;
}

/** What deflate makes of a stream depends on how it is cut into writes, so all writes have this size. */
const BLOCK = 1024 * 1024;
/** The level that other builders of such images use. */
const LEVEL = 6;

/**
 * Writes a layer: a tar archive goes in, its gzip becomes a blob.
 *
 * The same archive gives the same blob, however it is cut into pieces. Bytes wait until
 * {@linkcode LayerWriter.drain}; who calls it after each piece needs little memory.
 */
export class LayerWriter implements AsyncDisposable {
  readonly #blob: BlobWriter;
  readonly #gzip = createGzip({ level: LEVEL });
  readonly #tar = createHash("sha256");
  readonly #waiting: Uint8Array[] = [];
  #block = new Uint8Array(BLOCK);
  #filled = 0;
  #size = 0;
  #failure: unknown;
  #ended = false;
  #closed = false;
  /** Goes on with who waits for the compressor. */
  #wake: (() => void) | undefined;

  /** Begin a layer of a layout. */
  constructor(layout: OciLayout) {
    this.#blob = layout.blobWriter();
    this.#gzip.on("data", (piece: Uint8Array) => {
      try {
        this.#blob.write(piece);
      } catch (error) {
        this.#failure ??= error; // a full disk: thrown where the caller waits
        this.#gzip.destroy();
      }
    });
    this.#gzip.on("error", (error) => this.#failure ??= error);
    this.#gzip.on("drain", () => this.#wake?.());
    this.#gzip.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  /** The next bytes of the archive; they are copied. */
  write(bytes: Uint8Array): void {
    this.#tar.update(bytes);
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const take = Math.min(BLOCK - this.#filled, bytes.length - at);
      this.#block.set(bytes.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === BLOCK) this.#endBlock();
    }
  }

  /** Wait until what was written is compressed. */
  async drain(): Promise<void> {
    for (let block; (block = this.#waiting.shift());) {
      if (this.#failure !== undefined) throw this.#failure;
      if (!this.#gzip.write(block)) await this.#wait();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** End the archive and the blob. */
  async close(): Promise<WrittenLayer> {
    if (this.#filled > 0) this.#endBlock();
    await this.drain();
    this.#gzip.end();
    while (!this.#closed) await this.#wait();
    if (this.#failure !== undefined) throw this.#failure;
    this.#ended = true;
    return {
      descriptor: { mediaType: MEDIA_TYPE.layer, ...this.#blob.close() },
      diffId: `sha256:${this.#tar.digest("hex")}`,
      tarSize: this.#size,
    };
  }

  /** Give up a layer that is not whole. */
  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#gzip.destroy();
    this.#blob[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Until the compressor takes more, or is closed. */
  async #wait(): Promise<void> {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  #endBlock(): void {
    this.#waiting.push(this.#block.subarray(0, this.#filled));
    this.#block = new Uint8Array(BLOCK);
    this.#filled = 0;
  }
}
