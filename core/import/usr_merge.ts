/** Top-level directories that are links into /usr in every tree we make. */
const ALIASES = new Set(["bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32"]);

/**
 * Where a shipped path lies in a tree with a merged /usr: `bin/sh` becomes `usr/bin/sh`.
 *
 * @param path Path of an archive member without leading `./` or `/`; "" is the root.
 * @param isDirectory Whether the member is a directory; the link `lib64` itself stays where it is.
 * @see Debian Policy 10.1; the usrmerge package
 */
export function mergedPath(path: string, isDirectory: boolean): string {
  const slash = path.indexOf("/");
  const top = slash < 0 ? path : path.slice(0, slash);
  if (!ALIASES.has(top) || (slash < 0 && !isDirectory)) return path;
  return `usr/${path}`;
}
