import { inflateRawSync } from "node:zlib";
import { readXattr, readXattrs } from "@apt-ostree/base";
import { corruptObject, missingObject, ObjectError } from "./error.ts";
import {
  contentHash,
  type ContentMeta,
  decodeArchiveHeader,
  decodeUserMeta,
} from "./object/content.ts";
import { MAX_METADATA_SIZE, type ObjectType } from "./object/name.ts";
import { readXattrsLink } from "./split_xattrs/read_xattrs_link.ts";
import type { RepoMode } from "./repo_config.ts";
import { lstatIfThere } from "./if_there.ts";

/** Where objects lie: a repository, or a transaction with those that wait in it. */
export interface ObjectSource {
  /** Directory of the repository. */
  readonly path: string;
  /** How the objects are stored. */
  readonly mode: RepoMode;
  /** Path of an object's file, whether it is there or not. */
  objectPath(checksum: string, type: ObjectType): string;
}

/** What a content object is, without its bytes. */
export type ContentInfo = ContentMeta & {
  /** Bytes of content; 0 for symbolic links. */
  readonly size: number;
};

/**
 * What a content object is, without its bytes.
 *
 * A symbolic link is checked against the checksum; of a regular file only who reads it can tell.
 *
 * @throws {ObjectError} `object/not-found`, `object/corrupt`.
 */
export function statContent(source: ObjectSource, checksum: string): ContentInfo {
  const info = statStored(source, checksum);
  const { size: _, ...meta } = info;
  if (meta.type === "symlink" && contentHash(meta).digest("hex") !== checksum) {
    throw corruptObject(checksum, "file", "the link has another checksum");
  }
  return info;
}

/**
 * Bytes of a regular file, checked against its checksum.
 *
 * @param maxSize Most bytes that are read into memory.
 * @throws {ObjectError} `object/too-large`, `object/corrupt`, `object/not-found`.
 */
export function readContent(
  source: ObjectSource,
  checksum: string,
  maxSize: number,
): Uint8Array<ArrayBuffer> {
  const { size, ...meta } = statContent(source, checksum);
  if (meta.type !== "file") throw corruptObject(checksum, "file", "it is a symbolic link");
  if (size > maxSize) {
    const message = `Cannot read file ${checksum}: it has ${size} bytes`;
    throw new ObjectError("object/too-large", message, {
      subject: checksum,
      hint: `At most ${maxSize} bytes are read at once; read it in pieces`,
    });
  }
  const stored = Deno.readFileSync(source.objectPath(checksum, "file"));
  const body = source.mode === "archive" ? inflate(stored, size, checksum) : stored;
  if (contentHash(meta).update(body).digest("hex") !== checksum) {
    throw corruptObject(checksum, "file", "its bytes have another checksum");
  }
  return body;
}

function statStored(source: ObjectSource, checksum: string): ContentInfo {
  const path = source.objectPath(checksum, "file");
  const info = lstatIfThere(path);
  if (!info) throw missingObject(checksum, "file", source.path);
  const linked = source.mode !== "archive" && source.mode !== "bare-user" && info.isSymlink;
  if (!info.isFile && !linked) throw corruptObject(checksum, "file", "it is no regular file");
  switch (source.mode) {
    case "archive":
      return statArchived(path, info.size, checksum);
    case "bare-user":
      return statUser(path, info.size, checksum);
    case "bare-user-only":
      return statPlain(path, { ...info, uid: 0, gid: 0 }, []);
    case "bare":
      return statPlain(path, info, readXattrs(path));
    case "bare-split-xattrs":
      return statPlain(path, info, readXattrsLink(source, checksum));
  }
  source.mode satisfies never;
}

function statArchived(path: string, stored: number, checksum: string): ContentInfo {
  const header = readArchiveHeader(path, checksum);
  const { meta, size } = decodeArchiveHeader(header);
  if (meta.type === "symlink" && stored !== 8 + header.length) {
    throw corruptObject(checksum, "file", "bytes stand behind the link");
  }
  return { ...meta, size };
}

function statUser(path: string, size: number, checksum: string): ContentInfo {
  const stored = readXattr(path, "user.ostreemeta");
  if (!stored) throw corruptObject(checksum, "file", "it lacks user.ostreemeta");
  const meta = decodeUserMeta(stored);
  if (meta.type === "file") return { ...meta, size };
  if (size > MAX_METADATA_SIZE) throw corruptObject(checksum, "file", "its link is too long");
  return { ...meta, target: linkText(Deno.readFileSync(path), checksum), size: 0 };
}

function statPlain(
  path: string,
  info: Pick<Deno.FileInfo, "uid" | "gid" | "mode" | "size" | "isSymlink">,
  xattrs: ReturnType<typeof readXattrs>,
): ContentInfo {
  const meta = {
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    ...(xattrs.length > 0 ? { xattrs } : {}),
  };
  return info.isSymlink
    ? { type: "symlink", ...meta, target: Deno.readLinkSync(path), size: 0 }
    : { type: "file", ...meta, mode: (info.mode ?? 0) & 0o7777, size: info.size };
}

/** Target of a symbolic link as bare-user repositories store it: the text and a NUL. */
function linkText(bytes: Uint8Array, checksum: string): string {
  if (bytes.indexOf(0) !== bytes.length - 1) {
    throw corruptObject(checksum, "file", "its link is damaged");
  }
  return new TextDecoder().decode(bytes.subarray(0, -1));
}

function readArchiveHeader(path: string, checksum: string): Uint8Array {
  using file = Deno.openSync(path);
  const header = new Uint8Array(archiveHeaderLength(file, checksum));
  for (let at = 0; at < header.length;) {
    const read = file.readSync(header.subarray(at));
    if (read === null) throw corruptObject(checksum, "file", "it is cut off");
    at += read;
  }
  return header;
}

/**
 * Length of a `.filez`'s header; the file is left at its first byte.
 *
 * @throws {ObjectError} `object/corrupt` if the frame before it is none.
 */
export function archiveHeaderLength(file: Deno.FsFile, checksum: string): number {
  const frame = new Uint8Array(8);
  if (file.readSync(frame) !== 8) throw corruptObject(checksum, "file", "it is cut off");
  const view = new DataView(frame.buffer);
  const length = view.getUint32(0);
  if (view.getUint32(4) !== 0) throw corruptObject(checksum, "file", "its frame is damaged");
  if (length > MAX_METADATA_SIZE) {
    throw corruptObject(checksum, "file", "its header is too long");
  }
  return length;
}

function inflate(stored: Uint8Array, size: number, checksum: string): Uint8Array<ArrayBuffer> {
  const start = 8 + new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  try {
    // One byte more than promised is room enough to notice a bomb.
    const options = { maxOutputLength: size + 1, info: true };
    const { buffer: body, engine } = inflateRawSync(stored.subarray(start), options) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    if (body.length !== size) {
      throw corruptObject(checksum, "file", `it unpacks to ${body.length} bytes`);
    }
    if (engine.bytesWritten !== stored.length - start) {
      throw corruptObject(checksum, "file", "bytes stand behind its end");
    }
    return new Uint8Array(body);
  } catch (cause) {
    if (cause instanceof ObjectError) throw cause;
    throw corruptObject(checksum, "file", "it does not unpack", cause);
  }
}
