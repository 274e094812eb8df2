import { callLibc, cString, libc, LibcError } from "./libc.ts";

const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = 0o200000;
const ENOENT = 2;
const ESRCH = 3;

/**
 * Content of a file below /proc; `undefined` if there is none, for example because the process ended.
 *
 * Deno opens files below /proc only for programs that may do everything, so the C library reads it.
 *
 * @throws {LibcError} If it cannot be read.
 * @see proc(5)
 */
export function readProcFile(path: string): string | undefined {
  const pieces = readAll(path, 0, (fd, buffer) => libc().read(fd, buffer, BigInt(buffer.length)));
  const decoder = new TextDecoder();
  return pieces?.map((piece) => decoder.decode(piece, { stream: true })).join("");
}

/**
 * Names in a directory below /proc; `undefined` if there is none.
 *
 * @throws {LibcError} If it cannot be read.
 * @see getdents(2), for the layout of an entry
 */
export function readProcDir(path: string): string[] | undefined {
  const pieces = readAll(
    path,
    O_DIRECTORY,
    (fd, buffer) => libc().getdents64(fd, buffer, BigInt(buffer.length)),
  );
  return pieces?.flatMap((piece) => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    const names: string[] = [];
    for (let at = 0; at < piece.length;) {
      const size = view.getUint16(at + 16, true);
      const name = piece.subarray(at + 19, at + size);
      names.push(new TextDecoder().decode(name.subarray(0, name.indexOf(0))));
      at += size;
    }
    return names.filter((name) => name !== "." && name !== "..");
  });
}

type Read = (fd: number, buffer: Uint8Array<ArrayBuffer>) => number | bigint;

function readAll(path: string, flags: number, read: Read): Uint8Array<ArrayBuffer>[] | undefined {
  const pathC = cString(path);
  const opened = callLibc(() => libc().open(pathC, flags | O_CLOEXEC, 0));
  if (opened.errno === ENOENT || opened.errno === ESRCH) return undefined;
  if (opened.result < 0) throw new LibcError("open", path, opened.errno);
  try {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const buffer = new Uint8Array(32_768);
    for (;;) {
      const { result, errno } = callLibc(() => read(opened.result, buffer));
      if (errno === ENOENT || errno === ESRCH) return undefined;
      if (result < 0) throw new LibcError("read", path, errno);
      if (result === 0) return pieces;
      pieces.push(buffer.slice(0, result));
    }
  } finally {
    libc().close(opened.result);
  }
}
