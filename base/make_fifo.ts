import { callLibc, cString, libc, LibcError } from "./libc.ts";

const S_IFIFO = 0o010000;

/**
 * Make a named pipe.
 *
 * @param mode Permission bits; the process's umask does not count.
 * @throws {LibcError} With the `errno` of mknod(2).
 */
export function makeFifo(path: string, mode: number): void {
  const text = cString(path);
  const { result, errno } = callLibc(() => libc().mknod(text, S_IFIFO | mode, 0n));
  if (result !== 0) throw new LibcError("make FIFO", path, errno);
  Deno.chmodSync(path, mode);
}
