import type { Tree, TreeEntry } from "./tree.ts";
import { type ConflictPolicy, copyEntry, decide, isSameEntry, sameMeta } from "./unite_trees.ts";

/**
 * Bring the changes from one tree to another into a third: a three-way merge.
 *
 * What only one side changed, added or removed is taken from it; what both changed in the same way
 * stays. Directories that the other side left alone are not opened.
 *
 * @param tree One side, which becomes the result.
 * @param base What both sides began from.
 * @param theirs The other side.
 * @param policy Who wins where both changed something differently. @default "refuse"
 * @throws {TreeError} `tree/conflict` with the path, if the policy refuses; `tree` is part changed then.
 */
export function mergeTrees(
  tree: Tree,
  base: Tree,
  theirs: Tree,
  policy: ConflictPolicy = "refuse",
): void {
  mergeAt(tree, base, theirs, "", policy);
}

function mergeAt(tree: Tree, base: Tree, other: Tree, path: string, policy: ConflictPolicy): void {
  const [ours, before, theirs] = [tree.lookup(path), base.lookup(path), other.lookup(path)];
  if (isSameEntry(before, theirs) || isSameEntry(ours, theirs)) return;
  if (ours?.type === "dir" && theirs?.type === "dir") {
    const known = before?.type === "dir";
    mergeMeta(tree, known ? base : undefined, other, path, policy);
    const names = new Set([
      ...other.list(path).map(([name]) => name),
      ...(known ? base.list(path).map(([name]) => name) : []),
    ]);
    for (const name of names) {
      mergeAt(tree, base, other, path === "" ? name : `${path}/${name}`, policy);
    }
    return;
  }
  const unchanged = isSameEntry(ours, before) || (ours && before && isSameBelow(tree, base, path));
  if (!unchanged && decide(policy, { path, ours, theirs }) === "ours") return;
  take(tree, other, path, theirs);
}

function mergeMeta(
  tree: Tree,
  base: Tree | undefined,
  other: Tree,
  path: string,
  policy: ConflictPolicy,
): void {
  if (sameMeta(tree, other, path) || (base && sameMeta(base, other, path))) return;
  const [ours, theirs] = [tree.lookup(path), other.lookup(path)];
  const taken = (base && sameMeta(tree, base, path)) ||
    decide(policy, { path, ours, theirs }) === "theirs";
  if (taken) tree.setMeta(path, other.meta(path));
}

/** Whether a directory that was opened holds what it held in the other tree all the same. */
function isSameBelow(a: Tree, b: Tree, path: string): boolean {
  if (!a.isDir(path) || !b.isDir(path) || !sameMeta(a, b, path)) return false;
  const [one, two] = [a.list(path), b.list(path)];
  return one.length === two.length && one.every(([name, entry], at) => {
    const [otherName, otherEntry] = two[at]!;
    return name === otherName &&
      (isSameEntry(entry, otherEntry) || isSameBelow(a, b, `${path}/${name}`));
  });
}

function take(tree: Tree, other: Tree, path: string, entry: TreeEntry | undefined): void {
  tree.remove(path);
  if (entry) copyEntry(tree, other, path, entry);
}
