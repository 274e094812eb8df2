import { ObjectError } from "../error.ts";
import { decodeVariant } from "../variant/decode.ts";
import { encodeVariant } from "../variant/encode.ts";
import { checkName, checksumBytes, checksumFromBytes, compareNames } from "./name.ts";

/** Content of one directory, by checksum. Both maps are in byte order of their names. */
export interface DirTree {
  /** Files and symbolic links: name to checksum of the content object. */
  readonly files: ReadonlyMap<string, string>;
  /** Directories: name to the checksums of their dirtree and dirmeta objects. */
  readonly dirs: ReadonlyMap<string, TreeChecksums>;
}

/** A directory with all below it, by checksum. */
export interface TreeChecksums {
  /** Checksum of its content. */
  readonly dirtree: string;
  /** Checksum of its owner and mode. */
  readonly dirmeta: string;
}

/**
 * Bytes of a dirtree object; the entries may come in any order.
 *
 * @throws {ObjectError} `object/bad-name` if a name cannot be an entry or stands in both maps.
 */
export function encodeDirTree(tree: DirTree): Uint8Array<ArrayBuffer> {
  const files = [...tree.files].sort(([a], [b]) => compareNames(a, b));
  const dirs = [...tree.dirs].sort(([a], [b]) => compareNames(a, b));
  for (const [name] of files) {
    checkName(name);
    if (tree.dirs.has(name)) {
      throw new ObjectError(
        "object/bad-name",
        `Cannot write tree: "${name}" is a file and a directory`,
        {
          subject: name,
        },
      );
    }
  }
  for (const [name] of dirs) checkName(name);
  return encodeVariant("(a(say)a(sayay))", [
    files.map(([name, checksum]) => [name, checksumBytes(checksum)]),
    dirs.map((
      [name, { dirtree, dirmeta }],
    ) => [name, checksumBytes(dirtree), checksumBytes(dirmeta)]),
  ]);
}

/**
 * Read a dirtree object.
 *
 * Strict where libostree is not: order and uniqueness of the names are checked.
 *
 * @throws {ObjectError} `object/corrupt` or `object/bad-name`.
 */
export function decodeDirTree(bytes: Uint8Array): DirTree {
  const [fileList, dirList] = decodeVariant("(a(say)a(sayay))", bytes) as [
    [string, Uint8Array][],
    [string, Uint8Array, Uint8Array][],
  ];
  checkOrder(fileList);
  checkOrder(dirList);
  const files = new Map(fileList.map(([name, sum]) => [name, checksumFromBytes(sum)]));
  const dirs = new Map<string, TreeChecksums>();
  for (const [name, tree, meta] of dirList) {
    if (files.has(name)) throw corrupt(`"${name}" is a file and a directory`);
    dirs.set(name, { dirtree: checksumFromBytes(tree), dirmeta: checksumFromBytes(meta) });
  }
  return { files, dirs };
}

function checkOrder(list: readonly (readonly [string, ...unknown[]])[]): void {
  let before: string | undefined;
  for (const [name] of list) {
    checkName(name);
    if (before !== undefined && compareNames(before, name) >= 0) {
      throw corrupt(`"${name}" stands after "${before}"`);
    }
    before = name;
  }
}

function corrupt(what: string): ObjectError {
  return new ObjectError("object/corrupt", `Cannot read dirtree: ${what}`);
}
