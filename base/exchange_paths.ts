import { callLibc, cString, libc, LibcError } from "./libc.ts";

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/**
 * Let two paths of one filesystem change places, at once: at no moment is one of them missing.
 *
 * @throws {LibcError} With the `errno` of rename(2); 22 where the filesystem cannot do it, 16 where one
 * of them is a mount point.
 */
export function exchangePaths(a: string, b: string): void {
  const [first, second] = [cString(a), cString(b)];
  const { result, errno } = callLibc(() =>
    libc().renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE)
  );
  if (result !== 0) throw new LibcError("exchange", a, errno);
}
