import { readXattrs } from "@apt-ostree/base";
import type { DirMeta, Transaction, Tree } from "@apt-ostree/ostree";
import { isOverlayXattr, readUpper } from "@apt-ostree/sandbox";

/** Places that are mount points inside a sandbox: what lies there is no part of the tree. */
const MOUNT_POINTS: ReadonlySet<string> = new Set(["dev", "proc", "sys", "run", "tmp", "var/tmp"]);

/** What scripts changed. */
export interface UpperStats {
  readonly written: number;
  readonly removed: number;
  /** Devices, FIFOs and sockets, which a tree cannot hold and which were left out. */
  readonly skipped: readonly string[];
}

/**
 * Bring what scripts changed on an overlay into the tree that lies below it.
 *
 * Only the upper directory is read: the cost follows what was changed.
 */
export function applyUpper(txn: Transaction, tree: Tree, upper: string): UpperStats {
  let written = 0;
  let removed = 0;
  const skipped: string[] = [];
  for (const change of readUpper(upper, MOUNT_POINTS)) {
    const { path, type } = change;
    const full = path === "" ? upper : `${upper}/${path}`;
    switch (type) {
      case "dir":
      case "opaque": {
        if (type === "opaque" && path !== "") tree.remove(path);
        if (tree.lookup(path)?.type === "file") tree.remove(path);
        const meta: DirMeta = {
          uid: change.uid,
          gid: change.gid,
          mode: change.mode,
          xattrs: readXattrs(full).filter(([name]) => !isOverlayXattr(name)),
        };
        if (tree.lookup(path) === undefined) tree.mkdir(path, meta);
        else if (path !== "" && !sameMeta(tree.meta(path), meta)) tree.setMeta(path, meta);
        break;
      }
      case "file":
      case "symlink":
        if (tree.lookup(path)?.type === "dir") tree.remove(path);
        tree.putFile(path, txn.importFile(full, { xattrs: (name) => !isOverlayXattr(name) }));
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

function sameMeta(a: DirMeta, b: DirMeta): boolean {
  const xattrs = (meta: DirMeta) =>
    (meta.xattrs ?? []).map(([name, value]) => `${name}=${value.toHex()}`).join();
  return a.uid === b.uid && a.gid === b.gid && a.mode === b.mode && xattrs(a) === xattrs(b);
}
