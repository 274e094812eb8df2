import type { Runner } from "@apt-ostree/base";

/**
 * How a .deb is read, and the most that is taken from one that nobody vouches for.
 *
 * The defaults leave more room than any package of Debian 13 needs: it has 111,000 files, 8.5 MB
 * of names, 24 parts and 304 bytes in a path; and the import of such a package, or the refusal of a larger one, takes less than
 * 256 MiB of memory.
 */
export interface OpenDebOptions {
  /** Starts the decompressor. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the reading; calls then throw the signal's reason. */
  readonly signal?: AbortSignal;
  /** Most bytes that one file may unpack to. @default {8_589_934_592} */
  readonly maxFileSize?: number;
  /** Most bytes that all files together may unpack to. @default {68_719_476_736} */
  readonly maxTotalSize?: number;
  /**
   * Most bytes of files for each byte of the .deb, beyond the first two gibibytes: stops a small
   * file from filling a disk.
   *
   * @default {1000}
   */
  readonly maxExpansion?: number;
  /** Most members of the data archive. @default {120_000} */
  readonly maxEntries?: number;
  /** Most parts of a path. @default {128} */
  readonly maxDepth?: number;
  /** Most bytes of a path or of a link's target. @default {4096} */
  readonly maxNameLength?: number;
  /** Most bytes of all paths and targets together. @default {33_554_432} */
  readonly maxNamesSize?: number;
  /** Most bytes of all control members together. @default {33_554_432} */
  readonly maxControlSize?: number;
}

/** {@linkcode OpenDebOptions} with nothing left open but who starts and who stops. */
export type DebLimits = Required<Omit<OpenDebOptions, "runner" | "signal">>;

/** Bytes that any .deb may unpack to, however small it is. */
const FREE_EXPANSION = 2 * 1024 ** 3;

/** The limits for a .deb of `length` bytes. */
export function debLimits(options: OpenDebOptions, length: number): DebLimits {
  const { maxTotalSize = 64 * 1024 ** 3, maxExpansion = 1000 } = options;
  return {
    maxFileSize: options.maxFileSize ?? 8 * 1024 ** 3,
    maxTotalSize: Math.min(maxTotalSize, FREE_EXPANSION + maxExpansion * length),
    maxExpansion,
    maxEntries: options.maxEntries ?? 120_000,
    maxDepth: options.maxDepth ?? 128,
    maxNameLength: options.maxNameLength ?? 4096,
    maxNamesSize: options.maxNamesSize ?? 32 * 1024 ** 2,
    maxControlSize: options.maxControlSize ?? 32 * 1024 ** 2,
  };
}
