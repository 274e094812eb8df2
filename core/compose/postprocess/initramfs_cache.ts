import { type Repo, type Transaction, Tree } from "@apt-ostree/ostree";

/** Name of the file in the commit that keeps an initramfs. */
const NAME = "initramfs.img";

/**
 * The object of an initramfs that was built from the same inputs before.
 *
 * @param inputs What {@linkcode initramfsInputs} said.
 * @returns Its checksum; `undefined` where there is none.
 */
export function findInitramfs(repo: Repo, inputs: string): string | undefined {
  const commit = repo.resolveRev(refOf(inputs));
  if (commit === undefined) return undefined;
  const entry = Tree.fromCommit(repo, commit).lookup(NAME);
  return entry?.type === "file" && repo.hasObject(entry.checksum, "file")
    ? entry.checksum
    : undefined;
}

/** Keep an initramfs for the builds to come. @param checksum Of its object. */
export function keepInitramfs(
  repo: Repo,
  txn: Transaction,
  inputs: string,
  checksum: string,
): void {
  const tree = Tree.empty(repo);
  tree.putFile(NAME, checksum);
  txn.setRef(refOf(inputs), txn.writeCommit({ root: tree.write(txn), timestamp: 0 }));
}

function refOf(inputs: string): string {
  return `aptostree/initramfs/${inputs}`;
}
