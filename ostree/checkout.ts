import { chownSync, lchownSync } from "node:fs";
import { writeXattr } from "@apt-ostree/base";
import { contentPieces } from "./content_pieces.ts";
import { RepoError, TreeError } from "./error.ts";
import { contentHash } from "./object/content.ts";
import type { DirMeta } from "./object/dir_meta.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import { checkDepth } from "./object/name.ts";
import { writeAll } from "./object_store.ts";
import type { Repo } from "./repo.ts";
import { type ContentInfo, readContent, statContent } from "./stored_content.ts";
import { Tree } from "./tree/tree.ts";
import { lstatIfThere } from "./if_there.ts";

/** How {@linkcode checkoutTree} and {@linkcode syncCheckout} lay files out. */
export interface CheckoutOptions {
  /**
   * `link`: hard links to the objects, which needs a repository that is no archive, on the same
   * filesystem. `copy`: files of their own. `auto`: links where they can be. @default {"auto"}
   */
  readonly how?: "link" | "copy" | "auto";
  /**
   * Leave owners, attributes and setuid bits away, as an ordinary user must. @default {false}, for
   * repositories of mode bare-user-only {true}
   */
  readonly user?: boolean;
  /**
   * What to do with files that stand in the destination: `refuse` even its directory; `replace` them;
   * `keep` them; `identical`: refuse other files than the tree has. @default {"refuse"}
   */
  readonly union?: "refuse" | "replace" | "keep" | "identical";
  /** Directory or file of the tree to lay out, instead of all of it. */
  readonly subpath?: string;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a checkout did. */
export interface CheckoutStats {
  /** Files and links laid out. */
  readonly files: number;
  /** Files, links and directories taken away. */
  readonly removed: number;
}

/** Files up to this size go through memory in one piece. */
const SMALL_FILE = 4 * 1024 * 1024;
const PIECE = 1024 * 1024;

/**
 * Lay a tree out as files.
 *
 * Whoever writes in place to a file that is a link to an object damages the repository: put an overlay
 * above it, or copy.
 *
 * @param dest Directory; it must not exist, unless `union` says otherwise.
 * @throws {RepoError} `repo/unsupported-mode` if this repository's files cannot be linked so,
 * `repo/other-filesystem`, `repo/needs-root`.
 * @throws {TreeError} `tree/exists` if something stands in the way, `tree/not-found`.
 */
export async function checkoutTree(
  repo: Repo,
  root: TreeChecksums,
  dest: string,
  options: CheckoutOptions = {},
): Promise<CheckoutStats> {
  const checkout = new Checkout(repo, options);
  if (options.subpath === undefined) await checkout.add(root, dest);
  else await checkout.addEntry(root, options.subpath, dest);
  return checkout.stats();
}

/**
 * Turn a checkout of one tree into a checkout of another; only what differs is touched.
 *
 * @param dest A directory that {@linkcode checkoutTree} made from `from` and nobody changed.
 */
export async function syncCheckout(
  repo: Repo,
  dest: string,
  from: TreeChecksums,
  to: TreeChecksums,
  options: Omit<CheckoutOptions, "union" | "subpath"> = {},
): Promise<CheckoutStats> {
  const checkout = new Checkout(repo, options);
  await checkout.sync(from, to, dest);
  return checkout.stats();
}

class Checkout {
  readonly #repo: Repo;
  readonly #signal: AbortSignal | undefined;
  readonly #union: NonNullable<CheckoutOptions["union"]>;
  readonly #user: boolean;
  readonly #must: boolean;
  readonly #metas = new Map<string, DirMeta>();
  #link: boolean;
  #files = 0;
  #removed = 0;

  constructor(repo: Repo, options: CheckoutOptions) {
    const { how = "auto", user = repo.mode === "bare-user-only", union = "refuse" } = options;
    this.#repo = repo;
    this.#signal = options.signal;
    this.#union = union;
    this.#user = user;
    this.#must = how === "link";
    // An object can be linked if its file is just what the checkout should have.
    const linkable = repo.mode === "bare-user-only" ||
      (repo.mode === "bare-user" && user) || (repo.mode === "bare" && !user);
    if (this.#must && !linkable) throw notLinkable(repo, user);
    this.#link = how !== "copy" && linkable;
    if (!user && Deno.uid() !== 0) throw needsRoot(repo);
  }

  stats(): CheckoutStats {
    return { files: this.#files, removed: this.#removed };
  }

  async addEntry(root: TreeChecksums, path: string, dest: string): Promise<void> {
    const tree = Tree.fromChecksums(this.#repo, root);
    const entry = tree.require(path);
    if (entry.type === "dir") return await this.add(entry.checksums!, dest);
    this.#makeDirectory(dest);
    await this.#put(entry.checksum, `${dest}/${path.split("/").at(-1)}`);
  }

  async add(dir: TreeChecksums, dest: string, depth = 0): Promise<void> {
    this.#signal?.throwIfAborted();
    checkDepth(depth);
    const made = this.#makeDirectory(dest);
    const { files, dirs } = this.#repo.readDirTree(dir.dirtree);
    for (const [name, checksum] of files) {
      const later = this.#put(checksum, `${dest}/${name}`);
      if (later) await later;
    }
    for (const [name, sub] of dirs) await this.add(sub, `${dest}/${name}`, depth + 1);
    if (made) this.#applyMeta(dir.dirmeta, dest);
  }

  async sync(from: TreeChecksums, to: TreeChecksums, dest: string): Promise<void> {
    if (from.dirtree !== to.dirtree) {
      this.#signal?.throwIfAborted();
      const before = this.#repo.readDirTree(from.dirtree);
      const after = this.#repo.readDirTree(to.dirtree);
      for (const [name, checksum] of before.files) {
        if (after.files.get(name) !== checksum) this.#remove(`${dest}/${name}`);
      }
      for (const name of before.dirs.keys()) {
        if (!after.dirs.has(name)) this.#remove(`${dest}/${name}`);
      }
      for (const [name, checksum] of after.files) {
        if (before.files.get(name) === checksum) continue;
        const later = this.#put(checksum, `${dest}/${name}`);
        if (later) await later;
      }
      for (const [name, sub] of after.dirs) {
        const old = before.dirs.get(name);
        if (old) await this.sync(old, sub, `${dest}/${name}`);
        else await this.add(sub, `${dest}/${name}`);
      }
    }
    if (from.dirmeta !== to.dirmeta) this.#applyMeta(to.dirmeta, dest);
  }

  /** @returns Whether it was made; one that is there stays as it is. */
  #makeDirectory(dest: string): boolean {
    try {
      Deno.mkdirSync(dest, { mode: 0o700 });
      return true;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
      if (this.#union !== "refuse" && Deno.lstatSync(dest).isDirectory) return false;
      throw inTheWay(dest, cause);
    }
  }

  /** Lay one file out; what must be unpacked in pieces is waited for. */
  #put(checksum: string, dest: string): Promise<void> | void {
    if (this.#union !== "refuse" && this.#standsThere(checksum, dest)) return;
    this.#files++;
    if (this.#link && this.#linked(checksum, dest)) return;
    return this.#copy(checksum, dest);
  }

  /** @returns Whether what stands at `dest` stays; what must go is taken away. */
  #standsThere(checksum: string, dest: string): boolean {
    const info = lstatIfThere(dest);
    if (!info) return false;
    if (info.isDirectory) throw inTheWay(dest);
    if (this.#union === "keep") return true;
    if (this.#union === "replace") {
      this.#remove(dest);
      return false;
    }
    if (!this.#sameContent(checksum, dest, info)) throw inTheWay(dest);
    return true;
  }

  #sameContent(checksum: string, dest: string, info: Deno.FileInfo): boolean {
    const meta = statContent(this.#repo, checksum);
    if (meta.type === "symlink") return info.isSymlink && Deno.readLinkSync(dest) === meta.target;
    if (!info.isFile || info.size !== meta.size) return false;
    const { size: _, ...header } = meta;
    const hash = contentHash(header);
    using file = Deno.openSync(dest);
    const buffer = new Uint8Array(PIECE);
    for (let read; (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
    return hash.digest("hex") === checksum;
  }

  /** @returns Whether the object could be linked. */
  #linked(checksum: string, dest: string): boolean {
    const object = this.#repo.objectPath(checksum, "file");
    if (this.#repo.mode === "bare-user" && this.#mustCopy(checksum)) return false;
    try {
      Deno.linkSync(object, dest);
      return true;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code === "EEXIST") throw inTheWay(dest, cause);
      if (code === "EMLINK") return false; // 65,000 links on ext4
      if (code !== "EXDEV") throw cause;
      if (!this.#must) return this.#link = false;
      const message = `Cannot link "${dest}": it is not on the filesystem of the repository`;
      throw new RepoError("repo/other-filesystem", message, {
        subject: dest,
        hint: `Use a directory on the filesystem of ${this.#repo.path}`,
        cause,
      });
    }
  }

  /** Links of bare-user repositories are regular files there; empty files have no links to spare. */
  #mustCopy(checksum: string): boolean {
    const { type, size } = statContent(this.#repo, checksum);
    return type === "symlink" || size === 0;
  }

  #copy(checksum: string, dest: string): Promise<void> | void {
    const meta = statContent(this.#repo, checksum);
    if (meta.type === "symlink") {
      makeLink(meta.target, dest);
      if (!this.#user) this.#own(meta, dest);
      return;
    }
    if (meta.size > SMALL_FILE) return this.#copyLarge(checksum, meta, dest);
    const body = readContent(this.#repo, checksum, meta.size);
    using file = openNew(dest);
    writeAll(file, body);
    this.#finish(meta, dest);
  }

  async #copyLarge(checksum: string, meta: ContentInfo, dest: string): Promise<void> {
    {
      using file = openNew(dest);
      for await (const piece of contentPieces(this.#repo, checksum)) {
        this.#signal?.throwIfAborted();
        writeAll(file, piece);
      }
    }
    this.#finish(meta, dest);
  }

  #finish(meta: ContentInfo, dest: string): void {
    if (meta.type !== "file") return;
    if (!this.#user) this.#own(meta, dest);
    Deno.chmodSync(dest, this.#user ? meta.mode & 0o777 : meta.mode);
    Deno.utimeSync(dest, 0, 0);
  }

  #own(meta: ContentInfo, dest: string): void {
    if (meta.uid !== 0 || meta.gid !== 0) lchownSync(dest, meta.uid, meta.gid);
    for (const [name, value] of meta.xattrs ?? []) writeXattr(dest, name, new Uint8Array(value));
  }

  #remove(path: string): void {
    this.#removed++;
    Deno.removeSync(path, { recursive: true });
  }

  #applyMeta(dirmeta: string, dest: string): void {
    let meta = this.#metas.get(dirmeta);
    if (!meta) {
      meta = this.#repo.readDirMeta(dirmeta);
      this.#metas.set(dirmeta, meta);
    }
    if (!this.#user) {
      if (meta.uid !== 0 || meta.gid !== 0) chownSync(dest, meta.uid, meta.gid);
      for (const [name, value] of meta.xattrs ?? []) writeXattr(dest, name, new Uint8Array(value));
    }
    Deno.chmodSync(dest, meta.mode);
  }
}

function openNew(dest: string): Deno.FsFile {
  try {
    return Deno.openSync(dest, { write: true, createNew: true, mode: 0o600 });
  } catch (cause) {
    throw cause instanceof Deno.errors.AlreadyExists ? inTheWay(dest, cause) : cause;
  }
}

function makeLink(target: string, dest: string): void {
  try {
    Deno.symlinkSync(target, dest);
  } catch (cause) {
    throw cause instanceof Deno.errors.AlreadyExists ? inTheWay(dest, cause) : cause;
  }
}

function inTheWay(dest: string, cause?: unknown): TreeError {
  return new TreeError("tree/exists", `Cannot check out to "${dest}": something stands there`, {
    subject: dest,
    hint: "Name a directory that does not exist, or choose how to unite them",
    cause,
  });
}

function notLinkable(repo: Repo, user: boolean): RepoError {
  const what = repo.mode === "archive"
    ? "it is an archive"
    : `its mode is ${repo.mode}, and owners ${user ? "shall not" : "must"} be kept`;
  return new RepoError("repo/unsupported-mode", `Cannot link files of "${repo.path}": ${what}`, {
    subject: repo.path,
    hint: "Copy them, or pull the commit into a repository of mode bare or bare-user first",
  });
}

function needsRoot(repo: Repo): RepoError {
  const message = `Cannot check out of "${repo.path}" with owners: this needs root`;
  return new RepoError("repo/needs-root", message, {
    subject: repo.path,
    hint: "Check out as a user, without owners",
  });
}
