import { callLibc, cString, libc, LibcError } from "./libc.ts";

/** Name and value of an extended attribute. */
export type Xattr = readonly [name: string, value: Uint8Array<ArrayBuffer>];

const ENODATA = 61;
const ERANGE = 34;
const EOPNOTSUPP = 95;

let names = new Uint8Array(4096);
let value = new Uint8Array(4096);

/**
 * Extended attributes of a path, sorted by the bytes of their names; a symbolic link is not followed.
 *
 * A filesystem that has none gives none.
 *
 * @throws {LibcError} If the path cannot be read.
 */
export function readXattrs(path: string): Xattr[] {
  const pathC = cString(path);
  const length = call(
    path,
    "list xattrs of",
    () => libc().llistxattr(pathC, names, BigInt(names.length)),
    () => {
      names = new Uint8Array(names.length * 4);
    },
  );
  if (length === 0) return [];
  const list = new TextDecoder().decode(names.subarray(0, length)).split("\0").filter((n) =>
    n !== ""
  );
  const xattrs: Xattr[] = [];
  for (const name of list.sort(compareBytes)) {
    const read = readXattr(path, name);
    if (read) xattrs.push([name, read]);
  }
  return xattrs;
}

/** Value of one extended attribute; `undefined` where the path has none of that name. */
export function readXattr(path: string, name: string): Uint8Array<ArrayBuffer> | undefined {
  const pathC = cString(path);
  const nameC = cString(name);
  const read = () => libc().lgetxattr(pathC, nameC, value, BigInt(value.length));
  const length = call(path, `read xattr ${name} of`, read, () => {
    value = new Uint8Array(value.length * 4);
  });
  return length < 0 ? undefined : value.slice(0, length);
}

/**
 * Set an extended attribute; a symbolic link is not followed.
 *
 * @throws {LibcError} With the `errno` of lsetxattr(2).
 */
export function writeXattr(path: string, name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const [pathC, nameC] = [cString(path), cString(name)];
  const { result, errno } = callLibc(() =>
    libc().lsetxattr(pathC, nameC, bytes, BigInt(bytes.length), 0)
  );
  if (result !== 0) throw new LibcError(`set xattr ${name} of`, path, errno);
}

/** Call again with more room while the answer does not fit; -1 for "no such attribute". */
function call(path: string, what: string, run: () => bigint, grow: () => void): number {
  for (;;) {
    const { result, errno: error } = callLibc(run);
    if (result >= 0) return result;
    if (error === ERANGE) grow();
    else if (error === ENODATA) return -1;
    else if (error === EOPNOTSUPP) return what.startsWith("list") ? 0 : -1;
    else throw new LibcError(what, path, error);
  }
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0; // xattr names are ASCII in practice
}
