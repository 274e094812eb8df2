import { chownSync } from "node:fs";
import { writeXattr } from "@apt-ostree/base";
import { RepoError } from "./error.ts";
import type { DirMeta } from "./object/dir_meta.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import type { Repo } from "./repo.ts";

/** How {@linkcode checkoutTree} and {@linkcode syncCheckout} lay files out. */
export interface CheckoutOptions {
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

/**
 * Lay a tree out as files: hard links to the objects of a repository of mode bare, or of mode
 * bare-user or bare-user-only without owners.
 *
 * Whoever writes to such a file in place damages the repository: put an overlay above it.
 *
 * @param dest Directory that does not exist yet; it must lie on the repository's filesystem.
 * @throws {RepoError} `repo/unsupported-mode` for archives, `repo/other-filesystem`.
 */
export function checkoutTree(
  repo: Repo,
  root: TreeChecksums,
  dest: string,
  options: CheckoutOptions = {},
): CheckoutStats {
  const checkout = new Checkout(repo, options.signal);
  checkout.add(root, dest);
  return checkout.stats();
}

/**
 * Turn a checkout of one tree into a checkout of another; only what differs is touched.
 *
 * @param dest A directory that {@linkcode checkoutTree} made from `from` and nobody changed.
 */
export function syncCheckout(
  repo: Repo,
  dest: string,
  from: TreeChecksums,
  to: TreeChecksums,
  options: CheckoutOptions = {},
): CheckoutStats {
  const checkout = new Checkout(repo, options.signal);
  checkout.sync(from, to, dest);
  return checkout.stats();
}

class Checkout {
  readonly #repo: Repo;
  readonly #signal: AbortSignal | undefined;
  readonly #metas = new Map<string, DirMeta>();
  #files = 0;
  #removed = 0;

  constructor(repo: Repo, signal: AbortSignal | undefined) {
    if (repo.mode === "archive") {
      throw new RepoError(
        "repo/unsupported-mode",
        `Cannot link files of "${repo.path}": it is an archive`,
        {
          subject: repo.path,
          hint: "Pull the commit into a repository of mode bare or bare-user first",
        },
      );
    }
    this.#repo = repo;
    this.#signal = signal;
  }

  stats(): CheckoutStats {
    return { files: this.#files, removed: this.#removed };
  }

  add(dir: TreeChecksums, dest: string): void {
    this.#signal?.throwIfAborted();
    Deno.mkdirSync(dest, { mode: 0o700 });
    const { files, dirs } = this.#repo.readDirTree(dir.dirtree);
    for (const [name, checksum] of files) this.#link(checksum, `${dest}/${name}`);
    for (const [name, sub] of dirs) this.add(sub, `${dest}/${name}`);
    this.#applyMeta(dir.dirmeta, dest);
  }

  sync(from: TreeChecksums, to: TreeChecksums, dest: string): void {
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
        if (before.files.get(name) !== checksum) this.#link(checksum, `${dest}/${name}`);
      }
      for (const [name, sub] of after.dirs) {
        const old = before.dirs.get(name);
        if (old) this.sync(old, sub, `${dest}/${name}`);
        else this.add(sub, `${dest}/${name}`);
      }
    }
    if (from.dirmeta !== to.dirmeta) this.#applyMeta(to.dirmeta, dest);
  }

  #link(checksum: string, dest: string): void {
    this.#files++;
    const object = this.#repo.objectPath(checksum, "file");
    try {
      Deno.linkSync(object, dest);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code === "EMLINK") return Deno.copyFileSync(object, dest); // 65,000 links on ext4
      if (code !== "EXDEV") throw cause;
      throw new RepoError(
        "repo/other-filesystem",
        `Cannot link "${dest}": it is not on the filesystem of the repository`,
        {
          subject: dest,
          hint: `Use a directory on the filesystem of ${this.#repo.path}`,
          cause,
        },
      );
    }
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
    if (this.#repo.mode === "bare") {
      if (meta.uid !== 0 || meta.gid !== 0) chownSync(dest, meta.uid, meta.gid);
      for (const [name, value] of meta.xattrs ?? []) writeXattr(dest, name, new Uint8Array(value));
    }
    Deno.chmodSync(dest, meta.mode);
  }
}
