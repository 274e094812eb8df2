import type { Tree } from "@apt-ostree/ostree";

/** Directories at the top that belong to the kernel or to the host: what lies in them is no one's. */
export const MOUNT_POINTS: readonly string[] = ["dev", "proc", "run", "sys", "sysroot", "tmp"];

/** Empty them; owners and modes stay. */
export function emptyMountPoints(tree: Tree): void {
  for (const path of MOUNT_POINTS) {
    if (!tree.isDir(path) || tree.isEmpty(path)) continue;
    const meta = tree.meta(path);
    tree.remove(path);
    tree.mkdir(path, meta);
  }
}
