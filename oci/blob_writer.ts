import { createHash } from "node:crypto";

/**
 * Writes one blob of a layout: it shows under its digest only when it is whole.
 *
 * Disposed of before its end, it leaves nothing.
 */
export class BlobWriter implements Disposable {
  readonly #dir: string;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  #size = 0;
  #open = true;

  /** Begin a blob. @param dir Directory of the blobs. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#path = Deno.makeTempFileSync({ dir, prefix: ".new-" });
    this.#file = Deno.openSync(this.#path, { write: true });
  }

  /** The next bytes. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  /** End the blob. @returns What names it. */
  close(): { readonly digest: string; readonly size: number } {
    const hex = this.#hash.digest("hex");
    this.#file.close();
    this.#open = false;
    Deno.chmodSync(this.#path, 0o644);
    Deno.renameSync(this.#path, `${this.#dir}/${hex}`);
    return { digest: `sha256:${hex}`, size: this.#size };
  }

  /** Give up what is not whole. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#file.close();
    Deno.removeSync(this.#path);
  }
}
