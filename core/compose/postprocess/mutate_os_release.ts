import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { readTreeText, writeTreeText } from "../../assemble/tree_text.ts";

/**
 * Let os-release say the version of the commit.
 *
 * @param text Text of os-release.
 * @param replaced Text that the version replaces in VERSION and PRETTY_NAME.
 * @returns The new text, with OSTREE_VERSION; VERSION_ID and all else stay.
 * @see os-release(5)
 */
export function mutateOsRelease(text: string, replaced: string, version: string): string {
  const lines = text.replace(/\n*$/, "").split("\n").filter((line) =>
    !line.startsWith("OSTREE_VERSION=")
  );
  const changed = lines.map((line) =>
    /^(VERSION|PRETTY_NAME)=/.test(line) ? line.replaceAll(replaced, version) : line
  );
  return `${[...changed, `OSTREE_VERSION='${version.replaceAll("'", "'\\''")}'`].join("\n")}\n`;
}

/** Change the os-release of a tree; nothing happens where it has none. */
export function mutateTreeOsRelease(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  replaced: string,
  version: string,
): void {
  const path = "usr/lib/os-release";
  const text = readTreeText(repo, tree, path);
  if (text !== undefined) writeTreeText(txn, tree, path, mutateOsRelease(text, replaced, version));
}
