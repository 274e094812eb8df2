import type { TreeChecksums } from "./object/dir_tree.ts";
import { checkDepth } from "./object/name.ts";
import type { Repo } from "./repo.ts";

/** Objects by their name below `objects/`, without the first slash: checksum and kind. */
export type ObjectSet = Set<string>;

/** Name of an object in an {@linkcode ObjectSet}. */
export function objectKey(checksum: string, type: string): string {
  return `${checksum}.${type}`;
}

/**
 * Add everything that commits reach to a set: trees, files, and their parents as far as they are there.
 *
 * Of a partial commit what is there counts.
 *
 * @param depth How many parents of each commit count; -1 for all.
 * @param without Commits at which a history ends, as if they were not there.
 * @throws {ObjectError} If a directory that is needed is missing or damaged: nothing may be deleted then.
 */
export function addReachable(
  repo: Repo,
  commits: Iterable<string>,
  depth: number,
  found: ObjectSet = new Set(),
  without: ReadonlySet<string> = new Set(),
): ObjectSet {
  const partial = repo.partialCommits();
  for (const start of commits) {
    let commit: string | undefined = start;
    for (let left = depth; commit !== undefined; left--) {
      // A missing parent is no fault: histories are pulled in part. A missing commit of a ref is.
      if (without.has(commit) || (commit !== start && !repo.hasObject(commit, "commit"))) break;
      const { root, parent }: { root: TreeChecksums; parent?: string } = repo.readCommit(commit);
      found.add(objectKey(commit, "commit")).add(objectKey(commit, "commitmeta"));
      addTree(repo, root, found, partial.has(commit), 0);
      commit = left === 0 ? undefined : parent;
    }
  }
  return found;
}

function addTree(
  repo: Repo,
  { dirtree, dirmeta }: TreeChecksums,
  found: ObjectSet,
  partial: boolean,
  depth: number,
): void {
  checkDepth(depth);
  found.add(objectKey(dirmeta, "dirmeta"));
  const key = objectKey(dirtree, "dirtree");
  if (found.has(key)) return;
  if (partial && !repo.hasObject(dirtree, "dirtree")) return;
  found.add(key);
  const { files, dirs } = repo.readDirTree(dirtree);
  for (const file of files.values()) {
    found.add(objectKey(file, "file"));
    if (repo.mode === "bare-split-xattrs") found.add(objectKey(file, "file-xattrs-link"));
  }
  for (const dir of dirs.values()) addTree(repo, dir, found, partial, depth + 1);
}
