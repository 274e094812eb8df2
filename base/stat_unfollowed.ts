import { callLibc, cString, libc } from "./libc.ts";

/** What the kernel knows of a path, with times as fine as it has them. */
export interface FileStat {
  /** What it is: the bits of `S_IFMT`, for example 0o100000 for a file. */
  readonly format: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Number of the inode, modulo 2 to the power of 32. */
  readonly ino: number;
  /** Number of a device: major and minor; 0 for all else. */
  readonly rdev: number;
  /** When anything about it changed last: seconds since 1970. */
  readonly changedSeconds: number;
  /** Nanoseconds of that second. */
  readonly changedNanoseconds: number;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;

const buffer = new Uint8Array(256);
const view = new DataView(buffer.buffer);

/**
 * Look at a path without following a link at its end; several times faster than `Deno.lstatSync`.
 *
 * @returns `undefined` where it cannot be looked at.
 * @see statx(2)
 */
export function statUnfollowed(path: string): FileStat | undefined {
  const text = cString(path);
  const { result } = callLibc(() =>
    libc().statx(AT_FDCWD, text, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, buffer)
  );
  if (result !== 0) return undefined;
  const mode = view.getUint16(28, true);
  return {
    format: mode & 0o170000,
    mode: mode & 0o7777,
    uid: view.getUint32(20, true),
    gid: view.getUint32(24, true),
    size: view.getUint32(40, true) + view.getUint32(44, true) * 2 ** 32,
    ino: view.getUint32(32, true),
    rdev: view.getUint32(128, true) * 2 ** 20 + view.getUint32(132, true),
    changedSeconds: view.getUint32(96, true) + view.getInt32(100, true) * 2 ** 32,
    changedNanoseconds: view.getUint32(104, true),
  };
}
