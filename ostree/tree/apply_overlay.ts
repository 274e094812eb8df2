import { readXattr, readXattrs } from "@apt-ostree/base";
import type { DirMeta } from "../object/dir_meta.ts";
import type { Transaction } from "../transaction.ts";
import { changeMeta } from "./change_meta.ts";
import type { Tree } from "./tree.ts";

/** One thing in the upper directory of an overlay. */
export interface OverlayChange {
  /** Path inside the overlay without leading slash; "" is the root. */
  readonly path: string;
  /**
   * `dir`, `file`, `symlink`: stands there now. `whiteout`: what the lower layer has is gone. `opaque`:
   * a directory that hides all of the lower one. Others cannot be part of a tree.
   */
  readonly type: "dir" | "opaque" | "file" | "symlink" | "whiteout" | "device" | "fifo" | "socket";
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
}

/** What {@linkcode applyOverlay} did. */
export interface OverlayStats {
  /** Files and links written or changed. */
  readonly written: number;
  /** Paths that are gone. */
  readonly removed: number;
  /** Devices, FIFOs and sockets, which a tree cannot hold and which were left out. */
  readonly skipped: readonly string[];
}

/** Attributes that belong to the overlay and not to the file. */
const OVERLAY_XATTR = /^(trusted|user)\.overlay\./;

/**
 * Bring what an overlay's upper directory holds into the tree that lay below it.
 *
 * Only the upper directory is read: the cost follows what was changed. A file of which only owner, mode
 * or attributes were changed may lack its bytes there (`metacopy`), and what was moved may be a
 * reference to where it was (`redirect_dir`): both are taken from the tree.
 *
 * @param changes Parents before children.
 * @throws {TreeError} `tree/not-found` if a reference leads to nothing.
 * @see the kernel's overlayfs documentation, "whiteouts and opaque directories", "redirect_dir",
 * "Metadata only copy up"
 */
export async function applyOverlay(
  txn: Transaction,
  tree: Tree,
  upper: string,
  changes: Iterable<OverlayChange>,
): Promise<OverlayStats> {
  const overlay = new Overlay(txn, tree);
  let written = 0;
  let removed = 0;
  const skipped: string[] = [];
  for (const change of changes) {
    const { path, type } = change;
    const full = path === "" ? upper : `${upper}/${path}`;
    switch (type) {
      case "dir":
      case "opaque":
        overlay.putDirectory(change, full);
        break;
      case "file":
      case "symlink":
        await overlay.putFile(change, full);
        written++;
        break;
      case "whiteout":
        if (tree.remove(path)) removed++;
        break;
      default:
        skipped.push(`/${path}`);
    }
  }
  return { written, removed, skipped };
}

class Overlay {
  readonly #txn: Transaction;
  readonly #tree: Tree;
  /** What lay below. */
  readonly #lower: Tree;
  /** Directories that were moved, and where they lay below. */
  readonly #moved = new Map<string, string>();

  constructor(txn: Transaction, tree: Tree) {
    this.#txn = txn;
    this.#tree = tree;
    this.#lower = tree.clone();
  }

  putDirectory({ path, type, uid, gid, mode }: OverlayChange, full: string): void {
    const redirect = overlayXattr(full, "redirect");
    if (redirect !== undefined) {
      this.#moved.set(path, this.#target(path, redirect));
      this.#tree.remove(path);
      this.#copy(this.#moved.get(path)!, path);
    }
    if (type === "opaque" && path !== "") this.#tree.remove(path);
    if (this.#tree.lookup(path)?.type === "file") this.#tree.remove(path);
    const meta: DirMeta = { uid, gid, mode, xattrs: ownXattrs(full) };
    if (this.#tree.lookup(path) === undefined) this.#tree.mkdir(path, meta);
    else if (path !== "" && !isSame(this.#tree.meta(path), meta)) this.#tree.setMeta(path, meta);
  }

  async putFile({ path, type, uid, gid, mode }: OverlayChange, full: string): Promise<void> {
    if (this.#tree.lookup(path)?.type === "dir") this.#tree.remove(path);
    if (type === "symlink") {
      const owner = { uid, gid, xattrs: ownXattrs(full) };
      return this.#tree.putLink(this.#txn, path, Deno.readLinkSync(full), owner);
    }
    if (overlayXattr(full, "metacopy") === undefined) {
      const xattrs = (name: string) => !OVERLAY_XATTR.test(name);
      return this.#tree.putFile(path, this.#txn.importFile(full, { xattrs }));
    }
    const redirect = overlayXattr(full, "redirect");
    const source = redirect === undefined ? this.#below(path) : this.#target(path, redirect);
    this.#copy(source, path);
    const change = { uid, gid, mode, xattrs: ownXattrs(full) };
    await changeMeta(this.#txn, this.#tree, path, change);
  }

  /** Where a path lay below, if its directories were moved. */
  #below(path: string): string {
    const moved = this.#moved.get(path);
    if (moved !== undefined || path === "") return moved ?? "";
    const slash = path.lastIndexOf("/");
    const parent = this.#below(path.slice(0, Math.max(0, slash)));
    return `${parent === "" ? "" : `${parent}/`}${path.slice(slash + 1)}`;
  }

  /** Where a redirect leads: from the root, or to another name in the same directory. */
  #target(path: string, redirect: string): string {
    if (redirect.startsWith("/")) return redirect.slice(1);
    const parent = this.#below(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    return parent === "" ? redirect : `${parent}/${redirect}`;
  }

  /** Put what lay at a path below at another one of the tree. */
  #copy(from: string, to: string): void {
    const entry = this.#lower.require(from);
    if (entry.type === "file") return this.#tree.putFile(to, entry.checksum);
    if (entry.checksums) return this.#tree.graft(to, entry.checksums);
    this.#tree.mkdir(to, this.#lower.meta(from));
    for (const [name] of this.#lower.list(from)) this.#copy(`${from}/${name}`, `${to}/${name}`);
  }
}

function overlayXattr(path: string, name: string): string | undefined {
  const value = readXattr(path, `trusted.overlay.${name}`) ??
    readXattr(path, `user.overlay.${name}`);
  return value && new TextDecoder().decode(value);
}

function ownXattrs(path: string) {
  return readXattrs(path).filter(([name]) => !OVERLAY_XATTR.test(name));
}

function isSame(a: DirMeta, b: DirMeta): boolean {
  const xattrs = (meta: DirMeta) =>
    (meta.xattrs ?? []).map(([name, value]) => `${name}=${value.toHex()}`).join();
  return a.uid === b.uid && a.gid === b.gid && a.mode === b.mode && xattrs(a) === xattrs(b);
}
