import { callLibc, cString, libc, LibcError } from "./libc.ts";

const O_NONBLOCK = 0o4000;
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;

const buffer = new Uint8Array(256 * 1024);

/**
 * Read a file of which others may make something else at any moment.
 *
 * A link in its place is not followed, and a FIFO does not make the caller wait.
 *
 * @param onPiece Given each piece; it is only good until the call returns.
 * @param most Bytes after which reading ends.
 * @returns How many bytes were read.
 * @throws {LibcError} With the `errno` of open(2) or read(2); ELOOP (40) for a link.
 */
export function readUnfollowed(
  path: string,
  onPiece: (piece: Uint8Array) => void,
  most = Infinity,
): number {
  const text = cString(path);
  const flags = O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC;
  const { result: fd, errno } = callLibc(() => libc().open(text, flags, 0));
  if (fd < 0) throw new LibcError("open", path, errno);
  let total = 0;
  try {
    while (total < most) {
      const wanted = Math.min(buffer.length, most - total);
      const { result, errno } = callLibc(() => libc().read(fd, buffer, BigInt(wanted)));
      if (result < 0) throw new LibcError("read", path, errno);
      if (result === 0) break;
      onPiece(buffer.subarray(0, result));
      total += result;
    }
  } finally {
    libc().close(fd);
  }
  return total;
}
