/**
 * Change repositories without end, for tests that kill it or set several against one another.
 *
 * `change_repositories.ts commit|pull|prune|all DIRECTORY NAME [SECONDS]`: commits to `DIRECTORY/repo` under the ref
 * NAME, pulls from it to `DIRECTORY/target`, prunes both. Prints a line when it has begun, and at the
 * end how often it came round.
 *
 * @module
 */
import { commitTree, prune, pullLocal, Repo, RepoError, Tree } from "@apt-ostree/ostree";

const [what = "all", dir = "", name = "main", seconds = "3600"] = Deno.args;
const repo = Repo.open(`${dir}/repo`);
const target = Repo.open(`${dir}/target`);
const end = performance.now() + Number(seconds) * 1000;
let rounds = 0;
for (; performance.now() < end; rounds++) {
  if (what === "commit" || what === "all") commit();
  if (what === "pull" || what === "all") await pull();
  if (what === "prune" || what === "all") pruneAll();
  if (rounds === 0) console.log("begun");
  await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 4));
}
console.log(rounds);

/** One more commit: some files are new, some are those of others, some go. */
function commit(): void {
  using txn = repo.transaction();
  const before = repo.resolveRev(name);
  const tree = before === undefined ? Tree.empty(repo) : Tree.fromCommit(repo, before);
  for (let at = 0; at < 12; at++) {
    const dirName = `d${Math.floor(Math.random() * 4)}`;
    tree.mkdir(dirName);
    const body = new TextEncoder().encode(`${Math.floor(Math.random() * 30)}\n`.repeat(300));
    const meta = { uid: 0, gid: 0, mode: 0o644 };
    tree.putFile(`${dirName}/f${Math.floor(Math.random() * 20)}`, txn.writeFile(meta, body));
  }
  tree.remove(`d${Math.floor(Math.random() * 4)}`);
  const sum = commitTree(txn, tree.write(txn), { refs: [name], timestamp: Date.now() });
  txn.commit({ sync: false });
  if (!repo.hasObject(sum, "commit")) throw new Error(`Commit ${sum} is lost`);
  for (const [, entry] of Tree.fromCommit(repo, sum).walk()) {
    if (entry.type === "file") repo.readFile(entry.checksum);
  }
}

async function pull(): Promise<void> {
  const sum = repo.resolveRev(name);
  if (sum === undefined) return;
  await pullLocal(repo, target, [sum], { refs: new Map([[name, sum]]) });
}

function pruneAll(): void {
  for (const each of [repo, target]) {
    try {
      prune(each, { depth: 1 });
    } catch (error) {
      if (!(error instanceof RepoError && error.code === "repo/locked")) throw error;
    }
  }
}
