import { createHash } from "node:crypto";
import { OfdLock, readBootId, readXattrs, syncFilesystem, type Xattr } from "@apt-ostree/base";
import { ObjectError, RepoError } from "./error.ts";
import { FileWriter } from "./file_writer.ts";
import { FreeSpace } from "./free_space.ts";
import { type Commit, encodeCommit } from "./object/commit.ts";
import { contentHash, type ContentMeta, type FileMeta } from "./object/content.ts";
import { type DirMeta, encodeDirMeta } from "./object/dir_meta.ts";
import { type DirTree, encodeDirTree } from "./object/dir_tree.ts";
import { MAX_METADATA_SIZE, type ObjectType } from "./object/name.ts";
import { canonicalMeta, objectName, storeFile, storeSymlink, writeAll } from "./object_store.ts";
import { partialPath } from "./partial_commits.ts";
import { checkRef, refPath } from "./ref.ts";
import type { Repo } from "./repo.ts";
import type { RepoMode } from "./repo_config.ts";
import type { ObjectSource } from "./stored_content.ts";
import { encodeVariant } from "./variant/encode.ts";
import type { VariantDict } from "./variant/variant.ts";
import { type RefChange, writeRef } from "./write_ref.ts";

/** Files up to this size are held in memory while they are written. */
const SMALL_FILE = 1024 * 1024;

/** What {@linkcode Transaction.importFile} takes of a file. */
export interface ImportFileOptions {
  /** Number of the owner. @default the file's own */
  readonly uid?: number;
  /** Number of the group. @default the file's own */
  readonly gid?: number;
  /** Whether extended attributes are part of the object, or which by name. @default {true} */
  readonly xattrs?: boolean | ((name: string) => boolean);
}

/**
 * New objects and refs of a repository: all appear at {@linkcode Transaction.commit}, or none.
 *
 * Holds the repository's lock in its shared form, so that several processes and workers may write
 * at once while nobody prunes. Objects wait in a staging directory of their own, locked as libostree
 * locks its own, so that no other program sweeps it away.
 */
export class Transaction implements Disposable, ObjectSource {
  readonly #repo: Repo;
  readonly #lock: OfdLock | undefined;
  readonly #staging: string;
  readonly #stagingLock: OfdLock | undefined;
  /** Names below `objects/` that wait in staging. */
  readonly #staged = new Set<string>();
  readonly #refs = new Map<string, RefChange>();
  readonly #detached = new Map<string, Uint8Array | null>();
  readonly #partial = new Map<string, boolean>();
  readonly #space: FreeSpace;
  readonly #level: number;
  #temporary = 0;
  #open = true;

  /** For {@linkcode Repo.transaction} alone. */
  constructor(repo: Repo) {
    this.#repo = repo;
    this.#level = zlibLevel(repo);
    if (repo.mode === "bare-split-xattrs") {
      const message = `Cannot write to "${repo.path}": its mode is bare-split-xattrs`;
      throw new RepoError("repo/unsupported-mode", message, {
        subject: repo.path,
        hint: "This mode lives inside container images; pull into a repository of mode bare",
      });
    }
    if (repo.mode === "bare" && Deno.uid() !== 0) {
      throw new RepoError("repo/needs-root", `Cannot write to "${repo.path}": its mode is bare`, {
        subject: repo.path,
        hint: "Run as root, or use a repository of mode bare-user or archive",
      });
    }
    this.#space = new FreeSpace(repo);
    this.#lock = takeLock(repo);
    sweepStaging(repo);
    // The lock stands before the directory, so that nobody ever finds the one without the other.
    this.#staging = `${repo.path}/tmp/staging-${readBootId()}-${crypto.randomUUID().slice(0, 8)}`;
    this.#stagingLock = OfdLock.tryTake(`${this.#staging}-lock`, "exclusive");
    Deno.mkdirSync(this.#staging);
  }

  /** Whether the object is in the repository or waits in this transaction. */
  has(checksum: string, type: ObjectType): boolean {
    return this.#staged.has(objectName(checksum, type, this.#repo.mode)) ||
      this.#repo.hasObject(checksum, type);
  }

  /** Path of the repository. */
  get path(): string {
    return this.#repo.path;
  }

  /** How the repository stores its objects. */
  get mode(): RepoMode {
    return this.#repo.mode;
  }

  /** Path of an object's file: where it waits, or where the repository has or would have it. */
  objectPath(checksum: string, type: ObjectType): string {
    const name = objectName(checksum, type, this.#repo.mode);
    return this.#open && this.#staged.has(name)
      ? `${this.#staging}/${flat(name)}`
      : this.#repo.objectPath(checksum, type);
  }

  /** Write a small regular file. @returns Its checksum. */
  writeFile(info: FileMeta, body: Uint8Array): string {
    const meta = canonicalMeta({ ...info, type: "file" } as const, this.#repo.mode);
    const checksum = contentHash(meta).update(body).digest("hex");
    this.#stage(checksum, "file", (path) => {
      this.#space.take(body.length);
      storeFile(path, meta, body, this.#repo.mode, this.#level);
    });
    return checksum;
  }

  /** Begin a regular file whose size is known and whose bytes come in pieces. */
  fileWriter(info: FileMeta, size: number): FileWriter {
    this.#space.take(size);
    return new FileWriter({
      path: `${this.#staging}/${this.#temporary++}`,
      meta: info,
      size,
      mode: this.#repo.mode,
      level: this.#level,
      publish: (path, checksum) => {
        if (this.has(checksum, "file")) return Deno.removeSync(path);
        const name = objectName(checksum, "file", this.#repo.mode);
        Deno.renameSync(path, `${this.#staging}/${flat(name)}`);
        this.#staged.add(name);
      },
    });
  }

  /** Write a symbolic link. @returns Its checksum. */
  writeSymlink(
    info: { readonly uid: number; readonly gid: number; readonly xattrs?: readonly Xattr[] },
    target: string,
  ): string {
    const link: ContentMeta & { type: "symlink" } = { ...info, type: "symlink", target };
    const meta = canonicalMeta(link, this.#repo.mode);
    const checksum = contentHash(meta).digest("hex");
    this.#stage(checksum, "file", (path) => storeSymlink(path, meta, this.#repo.mode));
    return checksum;
  }

  /**
   * Write a regular file or symbolic link of the local filesystem, with its owner, mode and
   * attributes.
   *
   * @returns Its checksum.
   * @throws {ObjectError} `object/unsupported` for devices, FIFOs, sockets and directories.
   */
  importFile(path: string, options: ImportFileOptions = {}): string {
    const info = Deno.lstatSync(path);
    const { xattrs = true } = options;
    const keep = typeof xattrs === "function" ? xattrs : () => xattrs;
    const meta = {
      uid: options.uid ?? info.uid ?? 0,
      gid: options.gid ?? info.gid ?? 0,
      mode: (info.mode ?? 0) & 0o7777,
      xattrs: xattrs === false ? [] : readXattrs(path).filter(([name]) => keep(name)),
    };
    if (info.isSymlink) return this.writeSymlink(meta, Deno.readLinkSync(path));
    if (!info.isFile) {
      throw new ObjectError(
        "object/unsupported",
        `Cannot commit "${path}": neither file nor link`,
        {
          subject: path,
          hint: "Only regular files, symbolic links and directories can be committed",
        },
      );
    }
    using file = Deno.openSync(path);
    if (info.size <= SMALL_FILE) return this.writeFile(meta, readWhole(file, info.size, path));
    const writer = this.fileWriter(meta, info.size);
    for (let read; (read = file.readSync(buffer)) !== null;) writer.write(buffer.subarray(0, read));
    return writer.close();
  }

  /** Write a directory's owner, mode and attributes. @returns The checksum. */
  writeDirMeta(info: DirMeta): string {
    const only = this.#repo.mode === "bare-user-only";
    const meta = only ? { uid: 0, gid: 0, mode: info.mode & 0o755 } : info;
    return this.#metadata(encodeDirMeta(meta), "dirmeta");
  }

  /** Write a directory's content. @returns The checksum. */
  writeDirTree(tree: DirTree): string {
    return this.#metadata(encodeDirTree(tree), "dirtree");
  }

  /** Write a commit. @returns Its checksum. */
  writeCommit(commit: Commit): string {
    return this.#metadata(encodeCommit(commit), "commit");
  }

  /**
   * Take over another repository's object file, whose bytes are known to be right.
   *
   * @param how `link` makes a hard link; `copy` the same bytes under a new inode.
   */
  adopt(path: string, checksum: string, type: ObjectType, how: "link" | "copy"): void {
    this.#stage(checksum, type, (staged) => {
      try {
        if (how === "link") Deno.linkSync(path, staged);
        else Deno.copyFileSync(path, staged);
      } catch (cause) {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        throw new ObjectError(
          "object/not-found",
          `Cannot take over ${type} ${checksum}: it is not there`,
          {
            subject: checksum,
            hint: `Look at the other repository: ${path} is missing`,
            cause,
          },
        );
      }
    });
  }

  /** Write the bytes of an object in the form that this repository stores. */
  writeRaw(checksum: string, type: ObjectType, pieces: Iterable<Uint8Array>): void {
    this.#stage(checksum, type, (path) => {
      using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
      for (const piece of pieces) writeAll(file, piece);
    });
  }

  /**
   * Give a commit detached metadata, such as signatures; what it had is replaced.
   *
   * @param metadata `null` takes them away.
   */
  setDetachedMetadata(commit: string, metadata: VariantDict | null): void {
    this.#detached.set(commit, metadata && encodeVariant("a{sv}", metadata));
  }

  /**
   * Say whether objects of a commit are missing on purpose.
   *
   * @param partial Marked before the first object appears, taken back after the last.
   */
  setPartial(commit: string, partial: boolean): void {
    this.#partial.set(commit, partial);
  }

  /** Let a ref name a commit, or delete it. @throws {RefError} `ref/bad-name`. */
  setRef(refspec: string, checksum: string | null): void {
    refPath(refspec);
    this.#refs.set(refspec, checksum === null ? { type: "delete" } : { type: "commit", checksum });
  }

  /** Let a local ref follow another, whatever that will name. @throws {RefError} `ref/bad-name`. */
  setAlias(alias: string, ref: string): void {
    checkRef(alias);
    checkRef(ref);
    this.#refs.set(alias, { type: "alias", ref });
  }

  /**
   * Publish everything: objects first, on the disk before any ref names them.
   *
   * @param options.sync Whether to wait for the disk. @default the repository's `core.fsync`
   */
  commit(options: { readonly sync?: boolean } = {}): void {
    const sync = options.sync ?? this.#repo.configValue("core", "fsync") !== "false";
    this.#explainFull(() => {
      if (sync && this.#staged.size > 0) syncFilesystem(this.#staging);
      for (const [commit, partial] of this.#partial) {
        if (partial) Deno.writeFileSync(partialPath(this.#repo.path, commit), new Uint8Array());
      }
      const objects = `${this.#repo.path}/objects`;
      const made = new Set<string>();
      for (const name of this.#staged) {
        const dir = name.slice(0, 2);
        if (!made.has(dir)) {
          Deno.mkdirSync(`${objects}/${dir}`, { recursive: true });
          made.add(dir);
        }
        Deno.renameSync(`${this.#staging}/${flat(name)}`, `${objects}/${name}`);
      }
      for (const [commit, bytes] of this.#detached) this.#writeDetached(commit, bytes);
      if (sync && (this.#staged.size > 0 || this.#refs.size > 0)) syncFilesystem(objects);
      for (const [commit, partial] of this.#partial) {
        if (!partial) removeIfThere(partialPath(this.#repo.path, commit));
      }
      for (const [ref, change] of this.#refs) {
        writeRef(this.#repo.path, ref, change, `${this.#staging}/ref`);
      }
      const now = new Date();
      Deno.utimeSync(this.#repo.path, now, now); // tells other processes that something changed
    });
    this.#end();
  }

  /** Give everything up. */
  abort(): void {
    this.#end();
  }

  /** Give up what was not committed. */
  [Symbol.dispose](): void {
    this.#end();
  }

  #metadata(bytes: Uint8Array, type: "dirmeta" | "dirtree" | "commit"): string {
    if (bytes.length > MAX_METADATA_SIZE) {
      throw new ObjectError(
        "object/too-large",
        `Cannot write ${type}: it has ${bytes.length} bytes`,
        {
          hint: `Readers refuse more than ${MAX_METADATA_SIZE}`,
        },
      );
    }
    const checksum = createHash("sha256").update(bytes).digest("hex");
    this.#stage(checksum, type, (path) => {
      Deno.writeFileSync(path, bytes, { createNew: true, mode: 0o644 });
    });
    return checksum;
  }

  #stage(checksum: string, type: ObjectType, write: (path: string) => void): void {
    if (!this.#open) throw new TypeError("Cannot write: the transaction has ended");
    if (this.has(checksum, type)) return;
    const name = objectName(checksum, type, this.#repo.mode);
    this.#explainFull(() => write(`${this.#staging}/${flat(name)}`));
    this.#staged.add(name);
  }

  #writeDetached(commit: string, bytes: Uint8Array | null): void {
    const path = this.#repo.objectPath(commit, "commitmeta");
    if (bytes === null) return removeIfThere(path);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const temporary = `${this.#staging}/detached`;
    Deno.writeFileSync(temporary, bytes, { mode: 0o644 });
    Deno.renameSync(temporary, path);
  }

  #explainFull(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code !== "ENOSPC" && code !== "EDQUOT") throw cause;
      throw new RepoError(
        "repo/no-space",
        `Cannot write to repository "${this.#repo.path}": no space left`,
        {
          subject: this.#repo.path,
          hint: "Free space on its filesystem, for example with: ostree prune --refs-only",
          cause,
        },
      );
    }
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    Deno.removeSync(this.#staging, { recursive: true });
    removeIfThere(`${this.#staging}-lock`);
    this.#stagingLock?.release();
    this.#lock?.release();
  }
}

/** Where files are read to: what is made of one is done before the next is read. */
const buffer = new Uint8Array(SMALL_FILE + 1);

/** Bytes of a small file; valid until the next one is read. */
function readWhole(file: Deno.FsFile, size: number, path: string): Uint8Array {
  let at = 0;
  for (let read; (read = file.readSync(buffer.subarray(at, size + 1))) !== null;) at += read;
  if (at === size) return buffer.subarray(0, at);
  throw new ObjectError("object/unsupported", `Cannot commit "${path}": it changes meanwhile`, {
    subject: path,
    hint: "Commit a directory that nobody writes to",
  });
}

function zlibLevel(repo: Repo): number {
  const text = repo.configValue("archive", "zlib-level") ?? "6";
  if (/^[0-9]$/.test(text)) return Number(text);
  const message = `Cannot write to "${repo.path}": archive.zlib-level is "${text}"`;
  const hint = "Write a number from 0 to 9 in its config";
  throw new RepoError("repo/bad-config", message, { subject: `${repo.path}/config`, hint });
}

function takeLock(repo: Repo): OfdLock | undefined {
  if (repo.configValue("core", "locking") === "false") return undefined;
  const seconds = Number(repo.configValue("core", "lock-timeout-secs") ?? 30);
  const lock = OfdLock.take(
    `${repo.path}/.lock`,
    "shared",
    seconds < 0 ? Infinity : seconds * 1000,
  );
  if (lock) return lock;
  throw new RepoError(
    "repo/locked",
    `Cannot write to "${repo.path}": locked for ${seconds} seconds`,
    {
      subject: repo.path,
      hint: "Another program is pruning it; try again when it has ended",
    },
  );
}

/** Remove staging directories whose owners died. */
function sweepStaging(repo: Repo): void {
  const tmp = `${repo.path}/tmp`;
  for (const { name } of Deno.readDirSync(tmp)) {
    if (!/^staging-.*-lock$/.test(name)) continue;
    using lock = OfdLock.tryTake(`${tmp}/${name}`, "exclusive");
    if (!lock) continue;
    removeIfThere(`${tmp}/${name.slice(0, -"-lock".length)}`);
    removeIfThere(`${tmp}/${name}`);
  }
}

/** Staging is one flat directory. */
function flat(name: string): string {
  return name.replace("/", "");
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
