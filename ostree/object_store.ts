import { chownSync, lchownSync, utimesSync } from "node:fs";
import { constants, deflateRawSync } from "node:zlib";
import { writeXattr } from "@apt-ostree/base";
import { archiveHeader, type ContentMeta, userMeta } from "./object/content.ts";
import type { ObjectType } from "./object/name.ts";
import type { RepoMode } from "./repo_config.ts";

/** Largest piece that is deflated at once; smaller files come out as libostree writes them. */
const DEFLATE_PIECE = 1024 * 1024;

/** File name of an object below `objects/`. */
export function objectName(checksum: string, type: ObjectType, mode: RepoMode): string {
  const extension = type === "file" && mode === "archive" ? "filez" : type;
  return `${checksum.slice(0, 2)}/${checksum.slice(2)}.${extension}`;
}

/** What a repository's mode keeps of a file: the rest is gone before the checksum is made. */
export function canonicalMeta<M extends ContentMeta>(meta: M, mode: RepoMode): M {
  if (mode !== "bare-user-only") return meta;
  const { xattrs: _, ...rest } = { ...meta, uid: 0, gid: 0 };
  return (rest.type === "file" ? { ...rest, mode: rest.mode & 0o755 } : rest) as M;
}

/** Write a symbolic link's object to a new file. */
export function storeSymlink(
  path: string,
  meta: ContentMeta & { readonly type: "symlink" },
  mode: RepoMode,
): void {
  if (mode === "archive") {
    return Deno.writeFileSync(path, archiveHeader(meta, 0), { createNew: true, mode: 0o644 });
  }
  if (mode === "bare-user") {
    const text = new TextEncoder().encode(`${meta.target}\0`);
    Deno.writeFileSync(path, text, { createNew: true, mode: 0o644 });
    writeXattr(path, "user.ostreemeta", userMeta(meta));
    return utimesSync(path, 0, 0);
  }
  Deno.symlinkSync(meta.target, path);
  if (mode === "bare" && (meta.uid !== 0 || meta.gid !== 0)) lchownSync(path, meta.uid, meta.gid);
  if (mode === "bare") {
    for (const [name, value] of meta.xattrs ?? []) writeXattr(path, name, copy(value));
  }
}

/** Give a regular file's bytes, written already, the owner, mode and attributes of its object. */
export function finishFile(
  path: string,
  meta: ContentMeta & { readonly type: "file" },
  mode: RepoMode,
): void {
  if (mode === "bare") {
    if (meta.uid !== 0 || meta.gid !== 0) chownSync(path, meta.uid, meta.gid);
    for (const [name, value] of meta.xattrs ?? []) {
      if (value.length > 0) writeXattr(path, name, copy(value));
    }
    Deno.chmodSync(path, meta.mode);
  } else if (mode === "bare-user") {
    Deno.chmodSync(path, (meta.mode & 0o775) | 0o400 | 0o200);
    writeXattr(path, "user.ostreemeta", userMeta(meta));
    Deno.chmodSync(path, (meta.mode & 0o775) | 0o400);
  } else if (mode === "bare-user-only") Deno.chmodSync(path, meta.mode);
  utimesSync(path, 0, 0);
}

/** Write a small regular file's object to a new file. */
export function storeFile(
  path: string,
  meta: ContentMeta & { readonly type: "file" },
  body: Uint8Array,
  mode: RepoMode,
  level: number,
): void {
  if (mode !== "archive") {
    Deno.writeFileSync(path, body, { createNew: true, mode: 0o600 });
    return finishFile(path, meta, mode);
  }
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
  writeAll(file, archiveHeader(meta, body.length));
  for (const piece of deflatePieces(body, level)) writeAll(file, piece);
}

/** A body in raw deflate form; pieces over a mebibyte begin with a fresh window. */
export function* deflatePieces(body: Uint8Array, level: number): Generator<Uint8Array> {
  if (body.length <= DEFLATE_PIECE) return yield deflateRawSync(body, { level });
  for (let at = 0; at < body.length; at += DEFLATE_PIECE) {
    yield deflatePart(body.subarray(at, at + DEFLATE_PIECE), level);
  }
  yield DEFLATE_END;
}

/** A part of a longer body: ends on a byte, without the mark of the end. */
export function deflatePart(part: Uint8Array, level: number): Uint8Array {
  return deflateRawSync(part, { level, finishFlush: constants.Z_FULL_FLUSH });
}

/** An empty last block. */
export const DEFLATE_END: Uint8Array = Uint8Array.of(0x03, 0x00);

/** Write all bytes, however the system cuts them. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
