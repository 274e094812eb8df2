import { ObjectError } from "../error.ts";
import { decodeVariant } from "../variant/decode.ts";
import { offsetSize } from "../variant/encode.ts";
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
  const out = new Uint8Array(mostBytes(files) + mostBytes(dirs));
  const filesEnd = putArray(out, 0, files);
  const end = putArray(out, filesEnd, dirs);
  const width = offsetSize(end, 1);
  return out.subarray(0, putOffset(out, end, filesEnd, width));
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

/*
 * `(a(say)a(sayay))` is written by hand: directories of 100,000 files are real, and a tree of values
 * for each costs more memory than all else of an import.
 */

type Named = readonly [name: string, value: string | TreeChecksums];

function mostBytes(entries: readonly Named[]): number {
  // Name, its end, two checksums, and at most four bytes for each of three offsets; no character has
  // more than three bytes a unit.
  return entries.reduce((sum, [name]) => sum + 3 * name.length + 1 + 64 + 12, 8);
}

/** Write an array of named checksums from `start` on. @returns Where it ends. */
function putArray(out: Uint8Array, start: number, entries: readonly Named[]): number {
  const ends = new Uint32Array(entries.length);
  let at = start;
  entries.forEach(([name, value], i) => {
    const first = at;
    at += utf8.encodeInto(name, out.subarray(at)).written + 1;
    const nameEnd = at - first;
    const both = typeof value !== "string";
    out.set(checksumBytes(both ? value.dirtree : value), at);
    at += 32;
    if (both) {
      out.set(checksumBytes(value.dirmeta), at);
      at += 32;
    }
    const width = offsetSize(at - first, both ? 2 : 1);
    if (both) at = putOffset(out, at, nameEnd + 32, width);
    at = putOffset(out, at, nameEnd, width);
    ends[i] = at - start;
  });
  const width = offsetSize(at - start, entries.length);
  for (const end of ends) at = putOffset(out, at, end, width);
  return at;
}

function putOffset(out: Uint8Array, at: number, value: number, width: number): number {
  for (let i = 0; i < width; i++) out[at + i] = value / 256 ** i & 0xff;
  return at + width;
}

const utf8 = new TextEncoder();
