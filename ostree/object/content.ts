import { createHash, type Hash } from "node:crypto";
import type { Xattr } from "@apt-ostree/base";
import { ObjectError } from "../error.ts";
import { decodeVariant } from "../variant/decode.ts";
import { encodeVariant } from "../variant/encode.ts";
import { decodeXattrs, encodeXattrs, swap32, swap64, type VariantXattrs } from "./xattrs.ts";

/** What a regular file is, beside its bytes. */
export interface FileMeta {
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Extended attributes. */
  readonly xattrs?: readonly Xattr[];
}

/** What a content object is, beside its bytes. */
export type ContentMeta =
  | FileMeta & { readonly type: "file" }
  | {
    readonly type: "symlink";
    readonly uid: number;
    readonly gid: number;
    readonly target: string;
    readonly xattrs?: readonly Xattr[];
  };

const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** Mode of every symbolic link. */
const LINK_MODE = S_IFLNK | 0o777;

/** What is hashed before a content object's bytes, in every mode of a repository. */
export function contentHeader(meta: ContentMeta): Uint8Array<ArrayBuffer> {
  return framed(encodeVariant("(uuuusa(ayay))", headerFields(meta)));
}

/** What stands before the deflated bytes of a `.filez`; `size` is that of the plain bytes. */
export function archiveHeader(meta: ContentMeta, size: number): Uint8Array<ArrayBuffer> {
  const fields = [swap64(BigInt(size)), ...headerFields(meta)];
  return framed(encodeVariant("(tuuuusa(ayay))", fields));
}

/** Value of the attribute `user.ostreemeta`, where bare-user repositories keep what a file is. */
export function userMeta(meta: ContentMeta): Uint8Array<ArrayBuffer> {
  const [uid, gid, mode, , , xattrs] = headerFields(meta);
  return encodeVariant("(uuua(ayay))", [uid, gid, mode, xattrs]);
}

/** Read the value of `user.ostreemeta`; a symbolic link's target is the object's content. */
export function decodeUserMeta(bytes: Uint8Array): ContentMeta {
  const [uid, gid, mode, xattrs] = decodeVariant("(uuua(ayay))", bytes) as [
    number,
    number,
    number,
    VariantXattrs,
  ];
  return decodeFields(uid, gid, mode, 0, "", xattrs);
}

/** Read the header of a `.filez` (without its eight-byte frame). */
export function decodeArchiveHeader(bytes: Uint8Array): { meta: ContentMeta; size: number } {
  const [size, uid, gid, mode, rdev, target, xattrs] = decodeVariant("(tuuuusa(ayay))", bytes) as [
    bigint,
    number,
    number,
    number,
    number,
    string,
    VariantXattrs,
  ];
  const meta = decodeFields(uid, gid, mode, rdev, target, xattrs);
  const unpacked = Number(swap64(size));
  if (meta.type === "symlink" && unpacked !== 0) throw corrupt("a link has a size");
  return { meta, size: unpacked };
}

/** A SHA-256 that has taken the header already; feed it the file's bytes. */
export function contentHash(meta: ContentMeta): Hash {
  return createHash("sha256").update(cachedHeader(meta));
}

/** Checksum of a small file or of a symbolic link. */
export function contentChecksum(meta: ContentMeta, body?: Uint8Array): string {
  const hash = contentHash(meta);
  if (body) hash.update(body);
  return hash.digest("hex");
}

/** Headers of plain files: trees have few kinds of owners and modes, and many files. */
const HEADERS = new Map<number, Uint8Array<ArrayBuffer>>();

function cachedHeader(meta: ContentMeta): Uint8Array<ArrayBuffer> {
  if (meta.type !== "file" || meta.uid !== 0 || meta.gid !== 0 || meta.xattrs?.length) {
    return contentHeader(meta);
  }
  const mode = meta.mode & 0o7777;
  let header = HEADERS.get(mode);
  if (!header) HEADERS.set(mode, header = contentHeader(meta));
  return header;
}

function headerFields(meta: ContentMeta): [number, number, number, number, string, VariantXattrs] {
  const mode = meta.type === "symlink" ? LINK_MODE : S_IFREG | (meta.mode & 0o7777);
  const target = meta.type === "symlink" ? meta.target : "";
  return [swap32(meta.uid), swap32(meta.gid), swap32(mode), 0, target, encodeXattrs(meta.xattrs)];
}

function decodeFields(
  uid: number,
  gid: number,
  mode: number,
  rdev: number,
  target: string,
  variantXattrs: VariantXattrs,
): ContentMeta {
  const full = swap32(mode);
  const read = decodeXattrs(variantXattrs);
  const owner = {
    uid: swap32(uid),
    gid: swap32(gid),
    ...(read.length > 0 ? { xattrs: read } : {}),
  };
  if (rdev !== 0) throw corrupt("it has a device number");
  if (full === LINK_MODE) return { type: "symlink", ...owner, target };
  if ((full & ~0o7777) !== S_IFREG) throw corrupt(`mode is 0${full.toString(8)}`);
  if (target !== "") throw corrupt("a regular file has a link target");
  return { type: "file", ...owner, mode: full & 0o7777 };
}

/** Length, four zero bytes, and the header. */
function framed(header: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setUint32(0, header.length, false);
  bytes.set(header, 8);
  return bytes;
}

function corrupt(what: string): ObjectError {
  return new ObjectError("object/corrupt", `Cannot read the header of a file object: ${what}`);
}
