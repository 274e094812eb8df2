/**
 * A path of an archive as a path inside a root, or why it is none.
 *
 * @param path As in the archive; a leading `./` or `/` is left out.
 * @returns The path without leading slash and without empty parts; "" for the root itself;
 * `undefined` if it has a part `..`, a NUL, or text that is not UTF-8.
 */
export function insidePath(path: string): string | undefined {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." || part.includes("\0") || part.includes("\ufffd")) return undefined;
    parts.push(part);
  }
  return parts.join("/");
}
