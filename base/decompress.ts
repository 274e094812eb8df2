import { createGunzip, createZstdDecompress } from "node:zlib";
import { AptOstreeError } from "./error.ts";
import { hostRunner, type Runner } from "./run.ts";
import { ZstdFrames, type ZstdPiece } from "./zstd_frames.ts";

/** Compressed bytes that are damaged or cut off, or that take more memory than allowed. */
export class DecompressError extends AptOstreeError<"decompress/damaged"> {}

/** Compression formats that packages use. */
export type CompressionFormat = "none" | "gz" | "xz" | "zst" | "bz2" | "lzma";

/** Most memory of xz: `xz -9` needs 65 MiB to unpack, a header can ask for gibibytes. */
const XZ_MEMORY = "--memlimit-decompress=160MiB";

/** Bytes that a decoder in this process hands on at once. */
const CHUNK = 64 * 1024;

/** Frames of one Zstandard stream; parallel packers make one from some mebibytes each. */
const MAX_FRAMES = 10_000;

/** Programs for the formats that Deno has no decoder for; xz is several times faster than any. */
const PROGRAMS: Partial<Record<CompressionFormat, readonly string[]>> = {
  xz: ["xz", "-dc", "-T1", XZ_MEMORY],
  lzma: ["xz", "--format=lzma", "-dc", "-T1", XZ_MEMORY],
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
 * @throws {DecompressError} If the decoder in this process does.
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
  if (format === "gz") {
    return await inProcess(createGunzip({ chunkSize: CHUNK }), source, onPiece, signal);
  }
  if (!program) return await unpackZstd(source, onPiece, signal);
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

/** Unpack frame by frame, each with a decoder of its own, and miss none. */
async function unpackZstd(
  source: Iterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const frames = new ZstdFrames();
  const pieces = splitAll(source, frames);
  let next = pieces.next();
  const frame = function* () {
    for (; !next.done; next = pieces.next()) {
      yield next.value.bytes;
      if (next.value.last) break;
    }
  };
  try {
    for (let count = 1; count === 1 || !next.done; count++) {
      if (count > MAX_FRAMES) throw damaged(`it has over ${MAX_FRAMES} frames`);
      await inProcess(createZstdDecompress({ chunkSize: CHUNK }), frame(), onPiece, signal);
      if (!next.done) next = pieces.next();
    }
  } finally {
    pieces.return(undefined); // lets go of the source
  }
  if (!frames.complete) throw damaged("it is cut off");
}

function* splitAll(source: Iterable<Uint8Array>, frames: ZstdFrames): Generator<ZstdPiece> {
  let empty = true;
  for (const bytes of source) {
    for (const piece of frames.split(bytes)) {
      if (!piece) throw damaged("it has something that is no frame");
      empty = false;
      yield piece;
    }
  }
  if (empty) throw damaged("it is empty");
}

async function inProcess(
  decoder: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
  source: Iterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
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

function damaged(what: string, cause?: unknown): DecompressError {
  return new DecompressError("decompress/damaged", `Cannot unpack: ${what}`, {
    hint: "The file is damaged: get it again",
    cause,
  });
}
