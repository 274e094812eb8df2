import { cString, errno, libc, LibcError } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const ENOENT = 2;
const ENOTDIR = 20;

/**
 * Whether something stands at a path, a symbolic link that leads nowhere included.
 *
 * An answer of "no" costs no exception: made for asking about thousands of files that mostly are not
 * there.
 *
 * @throws {LibcError} If the path cannot be looked at.
 */
export function pathExists(path: string): boolean {
  if (libc().faccessat(AT_FDCWD, cString(path), 0, AT_SYMLINK_NOFOLLOW) === 0) return true;
  const error = errno();
  if (error === ENOENT || error === ENOTDIR) return false;
  throw new LibcError("look at", path, error);
}
