import type { TreeChecksums } from "./object/dir_tree.ts";
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
 * @param depth How many parents of each commit count; -1 for all.
 * @throws {ObjectError} If a directory that is needed is missing or damaged: nothing may be deleted then.
 */
export function addReachable(
  repo: Repo,
  commits: Iterable<string>,
  depth: number,
  found: ObjectSet = new Set(),
): ObjectSet {
  for (const start of commits) {
    let commit: string | undefined = start;
    for (let left = depth; commit !== undefined; left--) {
      // A missing parent is no fault: histories are pulled in part. A missing commit of a ref is.
      if (commit !== start && !repo.hasObject(commit, "commit")) break;
      const { root, parent }: { root: TreeChecksums; parent?: string } = repo.readCommit(commit);
      found.add(objectKey(commit, "commit")).add(objectKey(commit, "commitmeta"));
      addTree(repo, root, found);
      commit = left === 0 ? undefined : parent;
    }
  }
  return found;
}

function addTree(repo: Repo, { dirtree, dirmeta }: TreeChecksums, found: ObjectSet): void {
  found.add(objectKey(dirmeta, "dirmeta"));
  const key = objectKey(dirtree, "dirtree");
  if (found.has(key)) return;
  found.add(key);
  const { files, dirs } = repo.readDirTree(dirtree);
  for (const file of files.values()) found.add(objectKey(file, "file"));
  for (const dir of dirs.values()) addTree(repo, dir, found);
}
