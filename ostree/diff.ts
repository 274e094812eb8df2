import type { TreeChecksums } from "./object/dir_tree.ts";
import { checkDepth, compareNames } from "./object/name.ts";
import type { Repo } from "./repo.ts";

/** One difference between two trees. */
export interface TreeChange {
  /** Path without leading slash; "" is the root. */
  readonly path: string;
  /** `meta`: a directory whose owner, mode or attributes differ. */
  readonly kind: "added" | "removed" | "changed" | "meta";
  /** What it is. */
  readonly type: "file" | "dir";
}

/**
 * What differs between two trees, in path order; directories that are equal are not opened.
 *
 * A directory that is added or removed is followed by all that it holds.
 */
export function* diffTrees(
  repo: Repo,
  from: TreeChecksums,
  to: TreeChecksums,
  path = "",
  depth = 0,
): Generator<TreeChange> {
  checkDepth(depth);
  if (from.dirmeta !== to.dirmeta) yield { path, kind: "meta", type: "dir" };
  if (from.dirtree === to.dirtree) return;
  const before = repo.readDirTree(from.dirtree);
  const after = repo.readDirTree(to.dirtree);
  const names = new Set([
    ...before.files.keys(),
    ...before.dirs.keys(),
    ...after.files.keys(),
    ...after.dirs.keys(),
  ]);
  for (const name of [...names].sort(compareNames)) {
    const full = path === "" ? name : `${path}/${name}`;
    const [oldFile, newFile] = [before.files.get(name), after.files.get(name)];
    const [oldDir, newDir] = [before.dirs.get(name), after.dirs.get(name)];
    if (oldFile !== undefined && newFile !== undefined) {
      if (oldFile !== newFile) yield { path: full, kind: "changed", type: "file" };
    } else if (oldFile !== undefined) yield { path: full, kind: "removed", type: "file" };
    if (oldDir && newDir) yield* diffTrees(repo, oldDir, newDir, full, depth + 1);
    else if (oldDir) yield* everything(repo, oldDir, full, "removed", depth + 1);
    if (newFile !== undefined && oldFile === undefined) {
      yield { path: full, kind: "added", type: "file" };
    }
    if (newDir && !oldDir) yield* everything(repo, newDir, full, "added", depth + 1);
  }
}

function* everything(
  repo: Repo,
  dir: TreeChecksums,
  path: string,
  kind: "added" | "removed",
  depth: number,
): Generator<TreeChange> {
  checkDepth(depth);
  yield { path, kind, type: "dir" };
  const { files, dirs } = repo.readDirTree(dir.dirtree);
  for (const name of [...files.keys(), ...dirs.keys()].sort(compareNames)) {
    const sub = dirs.get(name);
    if (sub) yield* everything(repo, sub, `${path}/${name}`, kind, depth + 1);
    else yield { path: `${path}/${name}`, kind, type: "file" };
  }
}
