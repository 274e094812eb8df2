import { Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { corruptObject } from "./error.ts";
import { contentHash } from "./object/content.ts";
import { archiveHeaderLength, type ObjectSource, statContent } from "./stored_content.ts";

const PIECE = 1024 * 1024;
/** Deflated bytes that are unpacked at once: they become at most about a thousand times as many. */
const DEFLATED_PIECE = 16 * 1024;

/**
 * Bytes of a regular file, piece by piece, in bounded memory whatever the file claims to be.
 *
 * Trust the bytes only when the iteration has come to its end: the checksum is known only then.
 *
 * @returns Pieces of at most some mebibytes; each is valid until the next is asked for.
 * @throws {ObjectError} `object/corrupt`, `object/not-found`.
 */
export async function* contentPieces(
  source: ObjectSource,
  checksum: string,
): AsyncGenerator<Uint8Array, void, void> {
  const { size, ...meta } = statContent(source, checksum);
  if (meta.type !== "file") throw corruptObject(checksum, "file", "it is a symbolic link");
  const hash = contentHash(meta);
  const path = source.objectPath(checksum, "file");
  let seen = 0;
  for await (const piece of source.mode === "archive" ? unpack(path, checksum) : plain(path)) {
    seen += piece.length;
    if (seen > size) {
      throw corruptObject(checksum, "file", `it unpacks to more than ${size} bytes`);
    }
    hash.update(piece);
    yield piece;
  }
  if (seen !== size) throw corruptObject(checksum, "file", `it unpacks to ${seen} bytes`);
  if (hash.digest("hex") !== checksum) {
    throw corruptObject(checksum, "file", "its bytes have another checksum");
  }
}

function* plain(path: string): Generator<Uint8Array> {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(PIECE);
  for (let read; (read = file.readSync(buffer)) !== null;) yield buffer.subarray(0, read);
}

async function* unpack(path: string, checksum: string): AsyncGenerator<Uint8Array> {
  using file = Deno.openSync(path);
  const start = 8 + archiveHeaderLength(file, checksum);
  const length = file.statSync().size - start;
  file.seekSync(start, Deno.SeekMode.Start);
  const inflater = createInflateRaw();
  const deflated = Readable.from(deflatedPieces(file));
  deflated.on("error", (error) => inflater.destroy(error));
  try {
    yield* deflated.pipe(inflater) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!code.startsWith("Z_")) throw cause;
    throw corruptObject(checksum, "file", "it does not unpack", cause);
  } finally {
    deflated.destroy();
    inflater.destroy();
  }
  if (inflater.bytesWritten !== length) {
    throw corruptObject(checksum, "file", "bytes stand behind its end");
  }
}

function* deflatedPieces(file: Deno.FsFile): Generator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(DEFLATED_PIECE);
    const read = file.readSync(buffer);
    if (read === null) return;
    yield buffer.subarray(0, read);
  }
}
