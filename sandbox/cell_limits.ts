/** How much a program and all that it starts may take, and how. */
export interface CellLimits {
  /** Milliseconds of one script, or of a program that runs none. @default {3_600_000} */
  readonly timeMs: number;
  /** Milliseconds of all scripts that one dpkg runs. @default {14_400_000} */
  readonly totalTimeMs: number;
  /** Bytes on standard output and standard error together. @default {67_108_864} */
  readonly outputBytes: number;
  /** Processes and threads at one time. @default {4096} */
  readonly processes: number;
  /** Bytes of memory of all processes together. @default {8_589_934_592} */
  readonly memoryBytes: number;
  /** Bytes of all files that are written to the system, holes in them counted. @default {17_179_869_184} */
  readonly diskBytes: number;
  /** Files, directories and links that are made or changed in the system. @default {500_000} */
  readonly files: number;
  /** Bytes of one file. @default {8_589_934_592} */
  readonly fileBytes: number;
  /** Bytes in each of /tmp and /var/tmp; a sixteenth of it in /run and /dev/shm. @default {4_294_967_296} */
  readonly temporaryBytes: number;
  /** Open files of one process. @default {65_536} */
  readonly openFiles: number;
  /**
   * Bytes that stay free on the disk: a cell that has written much is ended before the host has
   * less. @default {268_435_456}
   */
  readonly diskReserveBytes: number;
  /** How far programs stand back for others, 0 to 19. @default {5} */
  readonly niceness: number;
}

/** Room enough for every package of Debian. */
export const DEFAULT_CELL_LIMITS: CellLimits = {
  timeMs: 3_600_000,
  totalTimeMs: 4 * 3_600_000,
  outputBytes: 64 * 2 ** 20,
  processes: 4096,
  memoryBytes: 8 * 2 ** 30,
  diskBytes: 16 * 2 ** 30,
  files: 500_000,
  fileBytes: 8 * 2 ** 30,
  temporaryBytes: 4 * 2 ** 30,
  openFiles: 65_536,
  diskReserveBytes: 256 * 2 ** 20,
  niceness: 5,
};
