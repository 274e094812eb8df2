import type { DirTree, Repo, Tree, TreeChecksums } from "@apt-ostree/ostree";

/** Where a finished tree keeps what packages ship elsewhere. */
const MOVED: Readonly<Record<string, string>> = {
  "usr/etc": "etc",
  "usr/lib/opt": "opt",
  "usr/share/factory/var": "var",
};

/**
 * Files and links of a tree that no package shipped as they are.
 *
 * Tree and packages are walked side by side: a directory that is a package's own, unchanged, is not
 * opened, so that the cost follows what was changed and what packages share.
 *
 * @param packages Root directories of the packages' trees.
 */
export function* changedFiles(
  repo: Repo,
  tree: Tree,
  packages: readonly TreeChecksums[],
): Generator<[path: string, checksum: string]> {
  const roots = packages.map(({ dirtree }) => repo.readDirTree(dirtree));
  yield* changedBelow(repo, tree, "", roots, roots);
}

function* changedBelow(
  repo: Repo,
  tree: Tree,
  dir: string,
  shipped: readonly DirTree[],
  roots: readonly DirTree[],
): Generator<[path: string, checksum: string]> {
  for (const [name, entry] of tree.list(dir)) {
    const path = dir === "" ? name : `${dir}/${name}`;
    if (entry.type === "file") {
      if (!shipped.some(({ files }) => files.get(name) === entry.checksum)) {
        yield [path, entry.checksum];
      }
      continue;
    }
    const same = shipped.flatMap(({ dirs }) => dirs.get(name) ?? []);
    const moved = MOVED[path];
    if (moved !== undefined) same.push(...directoriesAt(repo, roots, moved));
    const own = entry.checksums?.dirtree;
    if (own !== undefined && same.some(({ dirtree }) => dirtree === own)) continue;
    const sums = [...new Set(same.map(({ dirtree }) => dirtree))];
    yield* changedBelow(repo, tree, path, sums.map((sum) => repo.readDirTree(sum)), roots);
  }
}

function directoriesAt(repo: Repo, roots: readonly DirTree[], path: string): TreeChecksums[] {
  const parts = path.split("/");
  const last = parts.pop()!;
  let level = roots;
  for (const part of parts) {
    level = level.flatMap(({ dirs }) => dirs.get(part) ?? []).map((each) =>
      repo.readDirTree(each.dirtree)
    );
  }
  return level.flatMap(({ dirs }) => dirs.get(last) ?? []);
}
