import type { Repo, TreeChecksums } from "@apt-ostree/ostree";

/** Numbers of different objects. */
export interface ReachableCount {
  /** Content objects. */
  readonly files: number;
  /** Directories' trees and metadata. */
  readonly metadata: number;
}

/** Count the objects that a tree is made of. */
export function countReachable(repo: Repo, root: TreeChecksums): ReachableCount {
  const files = new Set<string>();
  const metadata = new Set<string>();
  const left = [root];
  for (let next = left.pop(); next; next = left.pop()) {
    metadata.add(`${next.dirmeta}.dirmeta`);
    if (metadata.has(`${next.dirtree}.dirtree`)) continue;
    metadata.add(`${next.dirtree}.dirtree`);
    const tree = repo.readDirTree(next.dirtree);
    for (const file of tree.files.values()) files.add(file);
    left.push(...tree.dirs.values());
  }
  return { files: files.size, metadata: metadata.size };
}
