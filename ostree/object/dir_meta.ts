import type { Xattr } from "@apt-ostree/base";
import { ObjectError } from "../error.ts";
import { decodeVariant } from "../variant/decode.ts";
import { encodeVariant } from "../variant/encode.ts";
import { decodeXattrs, encodeXattrs, swap32, type VariantXattrs } from "./xattrs.ts";

/** Owner, mode and attributes of a directory. */
export interface DirMeta {
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Extended attributes. */
  readonly xattrs?: readonly Xattr[];
}

const S_IFDIR = 0o040000;
const S_IFMT = 0o170000;

/** Bytes of a dirmeta object. */
export function encodeDirMeta(meta: DirMeta): Uint8Array<ArrayBuffer> {
  return encodeVariant("(uuua(ayay))", [
    swap32(meta.uid),
    swap32(meta.gid),
    swap32((meta.mode & 0o7777) | S_IFDIR),
    encodeXattrs(meta.xattrs),
  ]);
}

/**
 * Read a dirmeta object.
 *
 * @throws {ObjectError} `object/corrupt` if it describes no directory.
 */
export function decodeDirMeta(bytes: Uint8Array): DirMeta {
  const [uid, gid, mode, xattrs] = decodeVariant("(uuua(ayay))", bytes) as [
    number,
    number,
    number,
    VariantXattrs,
  ];
  const full = swap32(mode);
  if ((full & S_IFMT) !== S_IFDIR || (full & ~(S_IFDIR | 0o7777)) !== 0) {
    throw new ObjectError("object/corrupt", `Cannot read dirmeta: mode is 0${full.toString(8)}`);
  }
  const read = decodeXattrs(xattrs);
  return {
    uid: swap32(uid),
    gid: swap32(gid),
    mode: full & 0o7777,
    ...(read.length > 0 ? { xattrs: read } : {}),
  };
}
