import { createHash } from "node:crypto";

/** Names of blobs that are being written begin so. */
const PARTIAL = ".new-";

/** Remove blobs whose writers died. @param dir Directory of the blobs. */
export function sweepBlobs(dir: string): void {
  for (const { name } of [...Deno.readDirSync(dir)]) {
    if (!name.startsWith(PARTIAL)) continue;
    try {
      using file = Deno.openSync(`${dir}/${name}`, { write: true });
      if (file.tryLockSync(true)) Deno.removeSync(`${dir}/${name}`);
    } catch (error) {
      // Its writer ended in between.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Writes one blob of a layout: it shows under its digest only when it is whole.
 *
 * Disposed of before its end, it leaves nothing; what a dead writer left, {@linkcode sweepBlobs} knows by
 * the lock that nobody holds.
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
    [this.#path, this.#file] = openPartial(dir);
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

/** Make a file and lock it. */
function openPartial(dir: string): [path: string, file: Deno.FsFile] {
  for (;;) {
    const path = Deno.makeTempFileSync({ dir, prefix: PARTIAL });
    const file = Deno.openSync(path, { write: true, create: true });
    file.lockSync(true);
    // Before it was locked somebody may have swept it away: then another stands there, or none.
    if (isSameFile(path, file)) return [path, file];
    file.close();
  }
}

function isSameFile(path: string, file: Deno.FsFile): boolean {
  try {
    return Deno.lstatSync(path).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
