import { TreeError } from "../error.ts";
import type { TreeChecksums } from "../object/dir_tree.ts";
import type { Tree, TreeEntry } from "./tree.ts";

/** Two trees want different things at one path. */
export interface TreeConflict {
  /** Path without leading slash; "" is the root. */
  readonly path: string;
  /** What the tree that is changed has; `undefined` where it removed the path. */
  readonly ours: TreeEntry | undefined;
  /** What the other tree has; `undefined` where it removed the path. */
  readonly theirs: TreeEntry | undefined;
}

/** Which side wins a conflict, or a function that decides each. */
export type ConflictPolicy =
  | "refuse"
  | "ours"
  | "theirs"
  | ((conflict: TreeConflict) => "ours" | "theirs");

/**
 * Add all of another tree to a tree.
 *
 * Directories that only one of them has, or that are equal in both, are not opened. Of a directory in
 * both with different owner or mode the policy chooses one; files that are equal are no conflict.
 *
 * @param policy Who wins where both have something else. @default "refuse"
 * @throws {TreeError} `tree/conflict` with the path, if the policy refuses; `tree` is part changed then.
 */
export function uniteTrees(tree: Tree, other: Tree, policy: ConflictPolicy = "refuse"): void {
  uniteAt(tree, other, "", policy);
}

function uniteAt(tree: Tree, other: Tree, path: string, policy: ConflictPolicy): void {
  const [ours, theirs] = [tree.lookup(path)!, other.lookup(path)!];
  if (isSameEntry(ours, theirs)) return;
  if (ours.type === "dir" && theirs.type === "dir") {
    if (!sameMeta(tree, other, path) && decide(policy, { path, ours, theirs }) === "theirs") {
      tree.setMeta(path, other.meta(path));
    }
    for (const [name, entry] of other.list(path)) {
      const below = path === "" ? name : `${path}/${name}`;
      if (tree.lookup(below)) uniteAt(tree, other, below, policy);
      else copyEntry(tree, other, below, entry);
    }
  } else if (decide(policy, { path, ours, theirs }) === "theirs") {
    tree.remove(path);
    copyEntry(tree, other, path, theirs);
  }
}

/** The winner of a conflict. @throws {TreeError} `tree/conflict`. */
export function decide(policy: ConflictPolicy, conflict: TreeConflict): "ours" | "theirs" {
  if (typeof policy === "function") return policy(conflict);
  if (policy !== "refuse") return policy;
  const what = (entry: TreeEntry | undefined) =>
    entry === undefined ? "nothing" : entry.type === "dir" ? "a directory" : "a file";
  throw new TreeError(
    "tree/conflict",
    `Cannot unite two trees at "/${conflict.path}": one has ${what(conflict.ours)}, ` +
      `the other ${what(conflict.theirs)} that differs`,
    { subject: conflict.path, hint: "Remove it from one of them, or say which one wins" },
  );
}

/** Put what another tree has at a path into a tree, unopened where it can be. */
export function copyEntry(tree: Tree, other: Tree, path: string, entry: TreeEntry): void {
  if (entry.type === "file") return tree.putFile(path, entry.checksum);
  if (entry.checksums) return tree.graft(path, entry.checksums);
  tree.mkdir(path, other.meta(path));
  for (const [name, below] of other.list(path)) copyEntry(tree, other, `${path}/${name}`, below);
}

/** Whether two entries are known to be equal without a look inside. */
export function isSameEntry(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.type === "file") return b.type === "file" && a.checksum === b.checksum;
  return b.type === "dir" && isSameDir(a.checksums, b.checksums);
}

function isSameDir(a: TreeChecksums | undefined, b: TreeChecksums | undefined): boolean {
  return a !== undefined && b !== undefined && a.dirtree === b.dirtree && a.dirmeta === b.dirmeta;
}

/** Whether a directory has the same owner, mode and attributes in both trees. */
export function sameMeta(tree: Tree, other: Tree, path: string): boolean {
  const text = (of: Tree) => {
    const { uid, gid, mode, xattrs = [] } = of.meta(path);
    return JSON.stringify([uid, gid, mode, xattrs.map(([name, value]) => [name, value.toHex()])]);
  };
  return text(tree) === text(other);
}
