import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";

/**
 * Text of a file of a tree; links are followed.
 *
 * @returns `undefined` where there is no file.
 */
export function readTreeText(repo: Repo, tree: Tree, path: string): string | undefined {
  const entry = tree.lookup(tree.real(path));
  return entry?.type === "file"
    ? new TextDecoder().decode(repo.readFile(entry.checksum))
    : undefined;
}

/** Write a small text file of root's into a tree, with the directories that lead to it. */
export function writeTreeText(
  txn: Transaction,
  tree: Tree,
  path: string,
  text: string,
  mode = 0o644,
): void {
  const slash = path.lastIndexOf("/");
  if (slash > 0) tree.mkdir(path.slice(0, slash));
  tree.putFile(path, txn.writeFile({ uid: 0, gid: 0, mode }, new TextEncoder().encode(text)));
}
