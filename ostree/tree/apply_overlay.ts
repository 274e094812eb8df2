import { readXattr, readXattrs } from "@apt-ostree/base";
import { TreeError } from "../error.ts";
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
 * or attributes were changed may lack its bytes there (`metacopy`); they stay those of the tree.
 *
 * @param changes Parents before children.
 * @throws {TreeError} `tree/unsupported` if a directory was moved by reference (`redirect_dir`).
 * @see the kernel's overlayfs documentation, "whiteouts and opaque directories", "Metadata only copy up"
 */
export async function applyOverlay(
  txn: Transaction,
  tree: Tree,
  upper: string,
  changes: Iterable<OverlayChange>,
): Promise<OverlayStats> {
  let written = 0;
  let removed = 0;
  const skipped: string[] = [];
  for (const change of changes) {
    const { path, type } = change;
    const full = path === "" ? upper : `${upper}/${path}`;
    switch (type) {
      case "dir":
      case "opaque":
        putDirectory(tree, change, full);
        break;
      case "file":
      case "symlink":
        if (tree.lookup(path)?.type === "dir") tree.remove(path);
        await putFile(txn, tree, change, full);
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

function putDirectory(tree: Tree, { path, type, uid, gid, mode }: OverlayChange, full: string) {
  if (overlayXattr(full, "redirect")) {
    throw new TreeError("tree/unsupported", `Cannot read the overlay: "/${path}" was moved`, {
      subject: path,
      hint: "Mount the overlay with redirect_dir=off",
    });
  }
  if (type === "opaque" && path !== "") tree.remove(path);
  if (tree.lookup(path)?.type === "file") tree.remove(path);
  const meta: DirMeta = { uid, gid, mode, xattrs: ownXattrs(full) };
  if (tree.lookup(path) === undefined) tree.mkdir(path, meta);
  else if (path !== "" && !isSame(tree.meta(path), meta)) tree.setMeta(path, meta);
}

async function putFile(
  txn: Transaction,
  tree: Tree,
  { path, type, uid, gid, mode }: OverlayChange,
  full: string,
): Promise<void> {
  if (type === "file" && overlayXattr(full, "metacopy")) {
    return await changeMeta(txn, tree, path, { uid, gid, mode, xattrs: ownXattrs(full) });
  }
  const xattrs = (name: string) => !OVERLAY_XATTR.test(name);
  if (type === "symlink") tree.putLink(txn, path, Deno.readLinkSync(full), { uid, gid });
  else tree.putFile(path, txn.importFile(full, { xattrs }));
}

function overlayXattr(path: string, name: string): boolean {
  return readXattr(path, `trusted.overlay.${name}`) !== undefined ||
    readXattr(path, `user.overlay.${name}`) !== undefined;
}

function ownXattrs(path: string) {
  return readXattrs(path).filter(([name]) => !OVERLAY_XATTR.test(name));
}

function isSame(a: DirMeta, b: DirMeta): boolean {
  const xattrs = (meta: DirMeta) =>
    (meta.xattrs ?? []).map(([name, value]) => `${name}=${value.toHex()}`).join();
  return a.uid === b.uid && a.gid === b.gid && a.mode === b.mode && xattrs(a) === xattrs(b);
}
