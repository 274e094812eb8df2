import type { Hash } from "node:crypto";
import { archiveHeader, contentHash, type FileMeta } from "./object/content.ts";
import { canonicalMeta, DEFLATE_END, deflatePart, finishFile, writeAll } from "./object_store.ts";
import type { RepoMode } from "./repo_config.ts";

/** Bytes that are gathered before they are hashed, deflated and written: decoders give few at once. */
const PIECE = 1024 * 1024;

/** Writes one large file into a transaction, piece by piece, and hashes it on the way. */
export class FileWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #hash: Hash;
  readonly #meta: FileMeta & { readonly type: "file" };
  readonly #mode: RepoMode;
  readonly #level: number;
  readonly #size: number;
  readonly #publish: (path: string, checksum: string) => void;
  #written = 0;
  readonly #waiting: Uint8Array;
  #waitingBytes = 0;

  /** For {@linkcode Transaction.fileWriter} alone. */
  constructor(options: {
    readonly path: string;
    readonly meta: FileMeta;
    readonly size: number;
    readonly mode: RepoMode;
    readonly level: number;
    readonly publish: (path: string, checksum: string) => void;
  }) {
    this.#path = options.path;
    this.#mode = options.mode;
    this.#level = options.level;
    this.#size = options.size;
    this.#publish = options.publish;
    this.#meta = canonicalMeta({ ...options.meta, type: "file" } as const, options.mode);
    this.#hash = contentHash(this.#meta);
    this.#waiting = new Uint8Array(Math.max(1, Math.min(PIECE, this.#size)));
    this.#file = Deno.openSync(this.#path, { write: true, createNew: true, mode: 0o600 });
    if (this.#mode === "archive") writeAll(this.#file, archiveHeader(this.#meta, this.#size));
  }

  /** Take the next bytes; they may be reused when the call returns. */
  write(piece: Uint8Array): void {
    this.#written += piece.length;
    for (let at = 0; at < piece.length;) {
      // Whole pieces need no copy.
      if (this.#waitingBytes === 0 && piece.length - at >= PIECE) {
        this.#flush(piece.subarray(at, at + PIECE));
        at += PIECE;
        continue;
      }
      const room = this.#waiting.length - this.#waitingBytes;
      const part = piece.subarray(at, at + room);
      this.#waiting.set(part, this.#waitingBytes);
      this.#waitingBytes += part.length;
      at += part.length;
      if (this.#waitingBytes === this.#waiting.length) this.#flushWaiting();
    }
  }

  /**
   * End the file.
   *
   * @returns Its checksum.
   * @throws {RangeError} If the bytes are not as many as promised: a bug in the caller.
   */
  close(): string {
    if (this.#written !== this.#size) {
      this.abort();
      throw new RangeError(`Cannot write file: ${this.#written} bytes instead of ${this.#size}`);
    }
    this.#flushWaiting();
    if (this.#mode === "archive") writeAll(this.#file, DEFLATE_END);
    this.#file.close();
    if (this.#mode === "archive") Deno.chmodSync(this.#path, 0o644);
    else finishFile(this.#path, this.#meta, this.#mode);
    const checksum = this.#hash.digest("hex");
    this.#publish(this.#path, checksum);
    return checksum;
  }

  /** Give the file up. */
  abort(): void {
    this.#file.close();
    Deno.removeSync(this.#path);
  }

  #flushWaiting(): void {
    const bytes = this.#waiting.subarray(0, this.#waitingBytes);
    this.#waitingBytes = 0;
    if (bytes.length > 0) this.#flush(bytes);
  }

  #flush(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    writeAll(this.#file, this.#mode === "archive" ? deflatePart(bytes, this.#level) : bytes);
  }
}
