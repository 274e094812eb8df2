import { createGunzip, createZstdDecompress } from "node:zlib";
import { hostRunner, type Runner } from "./run.ts";

/** Compression formats that packages use. */
export type CompressionFormat = "none" | "gz" | "xz" | "zst" | "bz2" | "lzma";

/** Programs for the formats that Deno has no decoder for; xz is several times faster than any. */
const PROGRAMS: Partial<Record<CompressionFormat, readonly string[]>> = {
  xz: ["xz", "-dc", "-T1"],
  lzma: ["xz", "--format=lzma", "-dc", "-T1"],
  bz2: ["bzip2", "-dc"],
};

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
 */
export async function decompress(
  format: CompressionFormat,
  source: Iterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  options: DecompressOptions = {},
): Promise<void> {
  const { runner = hostRunner, signal } = options;
  if (format === "none") {
    for (const piece of source) {
      signal?.throwIfAborted();
      onPiece(piece);
    }
    return;
  }
  const program = PROGRAMS[format];
  if (!program) {
    return await inProcess(
      format === "gz" ? createGunzip() : createZstdDecompress(),
      source,
      onPiece,
      signal,
    );
  }
  const failed = new AbortController();
  const until = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  await runner.run(program, {
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

async function inProcess(
  decoder: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
  source: Iterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  decoder.on("data", (piece: Uint8Array) => {
    try {
      onPiece(piece);
    } catch (error) {
      reject(error);
      decoder.destroy();
    }
  });
  decoder.on("error", reject);
  decoder.on("end", resolve);
  const write = (piece: Uint8Array) =>
    new Promise<void>((done) => decoder.write(piece.slice(), () => done()));
  const feeding = (async () => {
    for (const piece of source) {
      signal?.throwIfAborted();
      await Promise.race([write(piece), promise]);
    }
    decoder.end();
  })();
  try {
    await Promise.all([promise, feeding]);
  } finally {
    decoder.destroy();
  }
}
