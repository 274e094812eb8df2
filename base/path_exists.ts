import { callLibc, cString, libc, LibcError } from "./libc.ts";

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
  const text = cString(path);
  const { result, errno: error } = callLibc(() =>
    libc().faccessat(AT_FDCWD, text, 0, AT_SYMLINK_NOFOLLOW)
  );
  if (result === 0) return true;
  if (error === ENOENT || error === ENOTDIR) return false;
  throw new LibcError("look at", path, error);
}
