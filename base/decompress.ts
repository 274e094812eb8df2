import { createGunzip } from "node:zlib";
import { AptOstreeError } from "./error.ts";
import { hostRunner, type Runner } from "./run.ts";

/** Compressed bytes that are damaged or cut off, or that take more memory than allowed. */
export class DecompressError extends AptOstreeError<"decompress/damaged"> {}

/** Compression formats that packages use. */
export type CompressionFormat = "none" | "gz" | "xz" | "zst" | "bz2" | "lzma";

/** Most memory of xz: `xz -9` needs 65 MiB to unpack, a header can ask for gibibytes. */
const XZ_MEMORY = "--memlimit-decompress=160MiB";

/** Bytes that the decoder of gz hands on at once. */
const CHUNK = 64 * 1024;

/**
 * Programs for all formats but gz.
 *
 * Deno has a decoder for zst too, but one that ends the process where the bytes are damaged, and takes
 * a stream that is cut off for a whole one.
 */
const PROGRAMS: Readonly<Record<Exclude<CompressionFormat, "none" | "gz">, readonly string[]>> = {
  xz: ["xz", "-dc", "-T1", XZ_MEMORY],
  lzma: ["xz", "--format=lzma", "-dc", "-T1", XZ_MEMORY],
  bz2: ["bzip2", "-dc"],
  zst: ["zstd", "-dcq"], // asks for at most 128 MiB by itself
};

/** Compressed bytes of gz that are unpacked at once: they may become a thousand times as many. */
const GZ_PIECE = 2 * 1024;

/** How {@linkcode decompress} works. */
export interface DecompressOptions {
  /** Starts the decoder's program. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Unpack a compressed stream, piece by piece, in bounded memory.
 *
 * @param source The compressed bytes, in pieces that may be reused once the next is asked for.
 * @param onPiece Takes the plain bytes; a piece is valid until the call returns. What it throws ends
 * the work.
 * @throws {RunError} If the decoder's program is missing or finds the bytes damaged.
 * @throws {DecompressError} If the decoder of gz, which is in this process, does.
 */
export async function decompress(
  format: CompressionFormat,
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  options: DecompressOptions = {},
): Promise<void> {
  const { runner = hostRunner, signal } = options;
  if (format === "none") {
    for await (const piece of source) {
      signal?.throwIfAborted();
      onPiece(piece);
    }
    return;
  }
  if (format === "gz") return await gunzip(source, onPiece, signal);
  const failed = new AbortController();
  const until = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  await runner.run(PROGRAMS[format], {
    stdin: source,
    signal: until,
    onStdout: (piece) => {
      if (failed.signal.aborted) return; // the rest of the pipe, while the program ends
      try {
        onPiece(piece);
      } catch (error) {
        failed.abort(error);
      }
    },
  });
}

async function gunzip(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const decoder = createGunzip({ chunkSize: CHUNK });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  decoder.on("data", (piece: Uint8Array) => {
    if (decoder.destroyed) return;
    try {
      signal?.throwIfAborted();
      onPiece(piece);
    } catch (error) {
      reject(error);
      decoder.destroy();
    }
  });
  decoder.on("error", (cause: Error) => reject(damaged(cause.message, cause)));
  decoder.on("end", resolve);
  const write = (piece: Uint8Array) =>
    new Promise<void>((done) => decoder.write(piece.slice(), () => done()));
  const feeding = (async () => {
    for await (const piece of source) {
      for (let at = 0; at < piece.length; at += GZ_PIECE) {
        signal?.throwIfAborted();
        await Promise.race([write(piece.subarray(at, at + GZ_PIECE)), promise]);
      }
    }
    decoder.end();
  })();
  try {
    await Promise.all([promise, feeding]);
  } finally {
    decoder.destroy();
  }
}

function damaged(what: string, cause?: unknown): DecompressError {
  return new DecompressError("decompress/damaged", `Cannot unpack: ${what}`, {
    hint: "The file is damaged: get it again",
    cause,
  });
}
