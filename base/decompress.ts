import { hostRunner, type Runner } from "./run.ts";

/** Compression formats that packages use. */
export type CompressionFormat = "none" | "gz" | "xz" | "zst" | "bz2" | "lzma";

/** Most memory of xz: `xz -9` needs 65 MiB to unpack, a header can ask for gibibytes. */
const XZ_MEMORY = "--memlimit-decompress=160MiB";

/**
 * Programs for all formats.
 *
 * Deno has decoders for gz and zst too; but that of gz leaves more memory behind than a bomb of zeros may
 * take, and that of zst ends the process where the bytes are damaged.
 */
const PROGRAMS: Readonly<Record<Exclude<CompressionFormat, "none">, readonly string[]>> = {
  gz: ["gzip", "-dc"],
  xz: ["xz", "-dc", "-T1", XZ_MEMORY],
  lzma: ["xz", "--format=lzma", "-dc", "-T1", XZ_MEMORY],
  bz2: ["bzip2", "-dc"],
  zst: ["zstd", "-dcq"], // asks for at most 128 MiB by itself
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
