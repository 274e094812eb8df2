import { ObjectError } from "../error.ts";

/** Kinds of object, by the ending of their file names; `file` stands for content in every mode. */
export type ObjectType =
  | "file"
  | "dirtree"
  | "dirmeta"
  | "commit"
  | "commitmeta"
  | "tombstone-commit"
  | "file-xattrs"
  | "file-xattrs-link";

/** Metadata objects larger than this are refused by every reader. */
export const MAX_METADATA_SIZE = 10 * 1024 * 1024;

/** Attributes of one file may have this many bytes in a container image. */
export const MAX_XATTRS_SIZE = 1024 * 1024;

/** Trees deeper than this are refused by every reader. */
const MAX_TREE_DEPTH = 256;

/** Refuse to go deeper than any tree may be. @throws {ObjectError} `object/too-large`. */
export function checkDepth(depth: number): void {
  if (depth <= MAX_TREE_DEPTH) return;
  const message = `Cannot read tree: its directories are more than ${MAX_TREE_DEPTH} deep`;
  throw new ObjectError("object/too-large", message, { hint: "No system needs such a tree" });
}

/** Whether `text` is a checksum: 64 lower-case hexadecimal digits. */
export function isChecksum(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A checksum from its 32 bytes. */
export function checksumFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 32) {
    throw new ObjectError("object/corrupt", `Cannot read checksum: it has ${bytes.length} bytes`);
  }
  return bytes.toHex();
}

/** The 32 bytes of a checksum. */
export function checksumBytes(checksum: string): Uint8Array<ArrayBuffer> {
  if (!isChecksum(checksum)) throw new RangeError(`Not a checksum: "${checksum}"`);
  return Uint8Array.fromHex(checksum);
}

/**
 * Refuse a name that cannot be an entry of a directory.
 *
 * @throws {ObjectError} `object/bad-name` if it is empty, `.`, `..`, not UTF-8, or has a `/` or NUL.
 */
export function checkName(name: string): void {
  if (
    name === "" || name === "." || name === ".." || /[/\0]/.test(name) || !name.isWellFormed() ||
    name.includes("\ufffd")
  ) {
    throw new ObjectError(
      "object/bad-name",
      `Cannot use the name ${JSON.stringify(name)} in a tree`,
      {
        subject: name,
        hint: "Names are UTF-8, not empty, without '/', and not '.' or '..'",
      },
    );
  }
}

/** Compare two names by the bytes of their UTF-8, the order of every list in a repository. */
export function compareNames(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codeOrder(x) - codeOrder(y);
  }
  return a.length - b.length;
}

/** UTF-16 sorts surrogates before U+E000 to U+FFFF, UTF-8 after: move them there. */
function codeOrder(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  if (unit >= 0xd800) return unit + 0x2000;
  return unit;
}
