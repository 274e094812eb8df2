/**
 * One piece of work of `bench/ostree.ts`, in a process of its own: `ostree_work.ts CASE TIMES ARG...`
 * does it so often and prints how long it took in milliseconds, from modules loaded to work done, the
 * median of all times.
 *
 * @module
 */
import {
  checkoutTree,
  commitTree,
  diffTrees,
  importDirectory,
  Repo,
  Tree,
} from "@apt-ostree/ostree";

const [work = "", times = "1", path = "", ...args] = Deno.args;
const repo = Repo.open(path);

/** Commit a directory. */
async function commit(dir = "", ref = "main"): Promise<void> {
  using txn = repo.transaction();
  const root = await importDirectory(txn, dir);
  commitTree(txn, root, { refs: [ref], timestamp: 0 });
  txn.commit();
}

/** Commit a ref's tree with one file changed. */
function change(file = "", ref = "main"): void {
  using txn = repo.transaction();
  const tree = Tree.fromCommit(repo, ref);
  const body = new TextEncoder().encode(`changed ${performance.now()}\n`);
  tree.putFile(file, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body));
  commitTree(txn, tree.write(txn), { refs: [ref], timestamp: 0 });
  txn.commit();
}

/** Diff two commits. */
function diff(from = "", to = "", expected = ""): void {
  const [before, after] = [from, to].map((rev) => repo.readCommit(repo.requireRev(rev)).root);
  const count = [...diffTrees(repo, before!, after!)].filter(({ type }) => type === "file").length;
  if (count !== Number(expected)) throw new Error(`${count} files differ`);
}

/** Check a ref out as hard links. */
async function checkout(ref = "", dest = ""): Promise<void> {
  await checkoutTree(repo, repo.readCommit(repo.requireRev(ref)).root, `${dest}-${round}`, {
    how: "link",
  });
}

const WORK: Readonly<Record<string, (...args: string[]) => Promise<void> | void>> = {
  commit,
  change,
  diff,
  checkout,
};
let round = 0;
const took: number[] = [];
for (; round < Number(times); round++) {
  const start = performance.now();
  await WORK[work]!(...args);
  took.push(performance.now() - start);
}
console.log(took.sort((a, b) => a - b)[took.length >> 1]);
