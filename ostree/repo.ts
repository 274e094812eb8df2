import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { readXattr, readXattrs } from "@apt-ostree/base";
import { ObjectError, RefError, RepoError } from "./error.ts";
import { type Commit, decodeCommit } from "./object/commit.ts";
import {
  contentHash,
  type ContentMeta,
  decodeArchiveHeader,
  decodeUserMeta,
} from "./object/content.ts";
import { decodeDirMeta, type DirMeta } from "./object/dir_meta.ts";
import { decodeDirTree, type DirTree } from "./object/dir_tree.ts";
import { isChecksum, MAX_METADATA_SIZE, type ObjectType } from "./object/name.ts";
import { checkRef, refPath } from "./ref.ts";
import { readRef, readRefs } from "./ref_files.ts";
import {
  configMode,
  formatKeyFile,
  type KeyFile,
  parseKeyFile,
  type RepoMode,
} from "./repo_config.ts";
import { Transaction } from "./transaction.ts";
import { objectName } from "./object_store.ts";

/** Directories that make a directory a repository. */
const LAYOUT = [
  "objects",
  "tmp",
  "state",
  "extensions",
  "refs/heads",
  "refs/remotes",
  "refs/mirrors",
];

/** A repository on this machine's disk. All its methods are synchronous. */
export class Repo {
  /** Where it lies. */
  readonly path: string;
  /** How it stores objects. */
  readonly mode: RepoMode;
  /** Its `config`. */
  readonly config: KeyFile;

  private constructor(path: string, config: KeyFile) {
    this.path = path;
    this.config = config;
    this.mode = configMode(config, path);
  }

  /**
   * Make a repository; one that is there already with the same mode is opened.
   *
   * @param path Directory; made where it is missing, its parents too.
   * @throws {RepoError} `repo/exists` if another mode or other files are there.
   */
  static init(path: string, options: { readonly mode: RepoMode }): Repo {
    if (isFile(`${path}/config`)) {
      const repo = Repo.open(path);
      if (repo.mode === options.mode) return repo;
      throw new RepoError(
        "repo/exists",
        `Cannot make repository "${path}": one of mode ${repo.mode} is there`,
        {
          subject: path,
        },
      );
    }
    for (const dir of LAYOUT) Deno.mkdirSync(`${path}/${dir}`, { recursive: true });
    const mode = options.mode === "archive" ? "archive-z2" : options.mode;
    const config: KeyFile = new Map([["core", new Map([["repo_version", "1"], ["mode", mode]])]]);
    Deno.writeTextFileSync(`${path}/config.new`, formatKeyFile(config));
    Deno.renameSync(`${path}/config.new`, `${path}/config`);
    return new Repo(path, config);
  }

  /**
   * Open a repository.
   *
   * @throws {RepoError} `repo/not-found` if `path` is no repository, `repo/bad-config` if its config
   * cannot be read.
   */
  static open(path: string): Repo {
    let text: string;
    try {
      text = Deno.readTextFileSync(`${path}/config`);
      Deno.statSync(`${path}/objects`);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory)) {
        throw cause;
      }
      throw new RepoError(
        "repo/not-found",
        `Cannot open repository "${path}": no config and objects there`,
        {
          subject: path,
          hint: `Make one: ostree --repo=${path} init --mode=archive`,
          cause,
        },
      );
    }
    return new Repo(path, parseKeyFile(text, `${path}/config`));
  }

  /** Begin to write. @throws {RepoError} `repo/locked` if others do not let go in time. */
  transaction(): Transaction {
    return new Transaction(this);
  }

  /** Value of a key of `config`. */
  configValue(group: string, key: string): string | undefined {
    return this.config.get(group)?.get(key);
  }

  /** Path of an object's file. */
  objectPath(checksum: string, type: ObjectType): string {
    return `${this.path}/objects/${objectName(checksum, type, this.mode)}`;
  }

  /** Whether the object's file is there. */
  hasObject(checksum: string, type: ObjectType): boolean {
    return lstat(this.objectPath(checksum, type)) !== undefined;
  }

  /**
   * Bytes of a metadata object, checked against its checksum.
   *
   * @throws {ObjectError} `object/not-found`, `object/corrupt`, `object/too-large`.
   */
  readMetadata(checksum: string, type: "dirtree" | "dirmeta" | "commit"): Uint8Array<ArrayBuffer> {
    const path = this.objectPath(checksum, type);
    const info = lstat(path);
    if (!info) throw missing(checksum, type, this.path);
    if (info.size > MAX_METADATA_SIZE) {
      throw new ObjectError(
        "object/too-large",
        `Cannot read ${type} ${checksum}: it has ${info.size} bytes`,
        {
          subject: checksum,
        },
      );
    }
    const bytes = Deno.readFileSync(path);
    if (createHash("sha256").update(bytes).digest("hex") !== checksum) {
      throw corrupt(checksum, type, "its bytes have another checksum");
    }
    return bytes;
  }

  /** Read a directory's content. */
  readDirTree(checksum: string): DirTree {
    return decodeDirTree(this.readMetadata(checksum, "dirtree"));
  }

  /** Read a directory's owner, mode and attributes. */
  readDirMeta(checksum: string): DirMeta {
    return decodeDirMeta(this.readMetadata(checksum, "dirmeta"));
  }

  /** Read a commit. */
  readCommit(checksum: string): ReturnType<typeof decodeCommit> & Commit {
    return decodeCommit(this.readMetadata(checksum, "commit"));
  }

  /**
   * What a content object is, without its bytes.
   *
   * A symbolic link is checked against the checksum; of a regular file only who reads it can tell.
   *
   * @throws {ObjectError} `object/not-found`, `object/corrupt`.
   */
  statFile(checksum: string): ContentMeta & { readonly size: number } {
    const { size, ...meta } = this.#statFile(checksum);
    if (meta.type === "symlink" && contentHash(meta).digest("hex") !== checksum) {
      throw corrupt(checksum, "file", "the link has another checksum");
    }
    return { ...meta, size };
  }

  #statFile(checksum: string): ContentMeta & { readonly size: number } {
    const path = this.objectPath(checksum, "file");
    const info = lstat(path);
    if (!info) throw missing(checksum, "file", this.path);
    if (this.mode === "archive") {
      const header = readArchiveHeader(path, checksum);
      const { meta, size } = decodeArchiveHeader(header);
      if (meta.type === "symlink" && info.size !== 8 + header.length) {
        throw corrupt(checksum, "file", "bytes stand behind the link");
      }
      return { ...meta, size };
    }
    if (this.mode === "bare-user") {
      const stored = readXattr(path, "user.ostreemeta");
      if (!stored) throw corrupt(checksum, "file", "it lacks user.ostreemeta");
      const meta = decodeUserMeta(stored);
      if (meta.type === "file") return { ...meta, size: info.size };
      return { ...meta, target: linkText(Deno.readFileSync(path), checksum), size: 0 };
    }
    const only = this.mode === "bare-user-only";
    const owner = { uid: only ? 0 : info.uid ?? 0, gid: only ? 0 : info.gid ?? 0 };
    const xattrs = only ? [] : readXattrs(path);
    const extra = xattrs.length > 0 ? { xattrs } : {};
    if (info.isSymlink) {
      return { type: "symlink", ...owner, target: Deno.readLinkSync(path), ...extra, size: 0 };
    }
    return { type: "file", ...owner, mode: (info.mode ?? 0) & 0o7777, ...extra, size: info.size };
  }

  /**
   * Bytes of a regular file's content object, checked against its checksum.
   *
   * @param options.maxSize Most bytes that are read into memory. @default {268_435_456}
   * @throws {ObjectError} `object/too-large`, `object/corrupt`, `object/not-found`.
   */
  readFile(checksum: string, options: { readonly maxSize?: number } = {}): Uint8Array<ArrayBuffer> {
    const { maxSize = 256 * 1024 * 1024 } = options;
    const { size, ...meta } = this.statFile(checksum);
    if (meta.type !== "file") throw corrupt(checksum, "file", "it is a symbolic link");
    if (size > maxSize) {
      throw new ObjectError(
        "object/too-large",
        `Cannot read file ${checksum}: it has ${size} bytes`,
        {
          subject: checksum,
        },
      );
    }
    const path = this.objectPath(checksum, "file");
    const stored = Deno.readFileSync(path);
    const body = this.mode === "archive" ? inflate(stored, size, checksum) : stored;
    if (contentHash(meta).update(body).digest("hex") !== checksum) {
      throw corrupt(checksum, "file", "its bytes have another checksum");
    }
    return body;
  }

  /**
   * Checksum of the commit that `rev` names.
   *
   * @param rev A ref, `REMOTE:REF`, a checksum or its beginning; each `^` behind it goes to the
   * parent.
   * @returns `undefined` where there is none.
   * @throws {RefError} `ref/corrupt` if the ref's file holds no checksum.
   */
  resolveRev(rev: string): string | undefined {
    if (rev.endsWith("^")) {
      const child = this.resolveRev(rev.slice(0, -1));
      return child === undefined ? undefined : this.readCommit(child).parent;
    }
    if (isChecksum(rev)) return rev;
    const found = isRefspec(rev) ? readRef(this.path, refPath(rev)) : undefined;
    if (found !== undefined) return found;
    return /^[0-9a-f]{4,63}$/.test(rev) ? this.#commitBeginning(rev) : undefined;
  }

  /** Like {@linkcode Repo.resolveRev}. @throws {RefError} `ref/not-found` where there is none. */
  requireRev(rev: string): string {
    const found = this.resolveRev(rev);
    if (found !== undefined) return found;
    throw new RefError("ref/not-found", `Cannot find "${rev}" in repository "${this.path}"`, {
      subject: rev,
      hint: `List its refs: ostree --repo=${this.path} refs`,
    });
  }

  /** Local refs and their commits, sorted by name; those below `prefix` where one is given. */
  listRefs(prefix?: string): Map<string, string> {
    if (prefix !== undefined) checkRef(prefix);
    const below = prefix === undefined ? "" : `${prefix}/`;
    return new Map(
      [...readRefs(this.path, `heads/${below}`)].map(([name, sum]) => [below + name, sum]),
    );
  }

  /** All refs and their commits: `REF`, `REMOTE:REF`, and those of mirrors as `mirrors/ID/REF`. */
  allRefs(): Map<string, string> {
    const refs = this.listRefs();
    for (const [name, sum] of readRefs(this.path, "remotes/")) {
      refs.set(name.replace("/", ":"), sum);
    }
    for (const [name, sum] of readRefs(this.path, "mirrors/")) refs.set(`mirrors/${name}`, sum);
    return refs;
  }

  #commitBeginning(start: string): string | undefined {
    const found: string[] = [];
    for (const { name } of readDir(`${this.path}/objects/${start.slice(0, 2)}`)) {
      if (name.endsWith(".commit") && name.startsWith(start.slice(2))) {
        found.push(start.slice(0, 2) + name.slice(0, -".commit".length));
      }
    }
    if (found.length > 1) {
      throw new RefError(
        "ref/not-found",
        `Cannot find commit "${start}": ${found.length} begin so`,
        {
          subject: start,
          hint: "Give more digits",
        },
      );
    }
    return found[0];
  }
}

/** Target of a symbolic link as bare-user repositories store it: the text and a NUL. */
function linkText(bytes: Uint8Array, checksum: string): string {
  if (bytes.indexOf(0) !== bytes.length - 1) throw corrupt(checksum, "file", "its link is damaged");
  return new TextDecoder().decode(bytes.subarray(0, -1));
}

function readArchiveHeader(path: string, checksum: string): Uint8Array {
  using file = Deno.openSync(path);
  const frame = new Uint8Array(8);
  if (file.readSync(frame) !== 8) throw corrupt(checksum, "file", "it is cut off");
  const view = new DataView(frame.buffer);
  const length = view.getUint32(0);
  if (view.getUint32(4) !== 0) throw corrupt(checksum, "file", "its frame is damaged");
  if (length > MAX_METADATA_SIZE) throw corrupt(checksum, "file", "its header is too long");
  const header = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const read = file.readSync(header.subarray(at));
    if (read === null) throw corrupt(checksum, "file", "it is cut off");
    at += read;
  }
  return header;
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
    if (body.length !== size) throw corrupt(checksum, "file", `it unpacks to ${body.length} bytes`);
    if (engine.bytesWritten !== stored.length - start) {
      throw corrupt(checksum, "file", "bytes stand behind its end");
    }
    return new Uint8Array(body);
  } catch (cause) {
    if (cause instanceof ObjectError) throw cause;
    throw new ObjectError("object/corrupt", `Cannot read file ${checksum}: it does not unpack`, {
      subject: checksum,
      cause,
    });
  }
}

function isRefspec(rev: string): boolean {
  return /^([\w\d][-._\w\d/]*)?:?[\w\d][-._\w\d]*(\/[\w\d][-._\w\d]*)*$/.test(rev);
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function isFile(path: string): boolean {
  return lstat(path)?.isFile ?? false;
}

function readDir(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function missing(checksum: string, type: string, repo: string): ObjectError {
  return new ObjectError(
    "object/not-found",
    `Cannot read ${type} ${checksum}: it is not in "${repo}"`,
    {
      subject: checksum,
      hint: `Pull the commit again, or look at: ostree fsck --repo=${repo}`,
    },
  );
}

function corrupt(checksum: string, type: string, what: string): ObjectError {
  return new ObjectError("object/corrupt", `Cannot read ${type} ${checksum}: ${what}`, {
    subject: checksum,
    hint: "Find all damage with: ostree fsck",
  });
}
