/**
 * Everything that a repository can do without root and without libostree, once in each mode.
 *
 * `everything.ts DIRECTORY` prints one line when all went well.
 *
 * @module
 */
import { RunError } from "@apt-ostree/base";
import {
  checkoutTree,
  commitTree,
  diffTrees,
  exportTar,
  fsck,
  importDirectory,
  prune,
  pullLocal,
  pullRemote,
  Repo,
  type RepoMode,
  Tree,
} from "@apt-ostree/ostree";

const dir = await Deno.makeTempDir({ dir: Deno.args[0]! });
const tree = `${dir}/tree`;
await Deno.mkdir(`${tree}/sub`, { recursive: true });
for (let at = 0; at < 200; at++) await Deno.writeTextFile(`${tree}/sub/${at}`, `file ${at}\n`);
await Deno.writeFile(`${tree}/large`, new Uint8Array(5_000_000).fill(7));
await Deno.symlink("large", `${tree}/link`);

const modes: RepoMode[] = ["archive", "bare-user", "bare-user-only"];
for (const mode of modes) {
  const repo = Repo.init(`${dir}/${mode}`, { mode });
  const commits: string[] = [];
  for (const text of ["one", "two"]) {
    await Deno.writeTextFile(`${tree}/text`, text);
    using txn = repo.transaction();
    const root = await importDirectory(txn, tree);
    commits.push(commitTree(txn, root, { refs: ["main"], timestamp: 0 }));
    txn.commit();
  }
  const [first, second] = commits.map((commit) => repo.readCommit(commit).root);
  const changes = [...diffTrees(repo, first!, second!)].map(({ path, kind }) => `${kind} ${path}`);
  same(changes.join(), "changed text", "diff");
  const target = Repo.init(`${dir}/pulled-${mode}`, {
    mode: mode === "archive" ? "bare-user" : mode,
  });
  await pullLocal(repo, target, commits, { refs: new Map([["main", commits[1]!]]) });
  for (const each of [repo, target]) same((await fsck(each)).problems.length, 0, "fsck");
  await checkoutTree(target, second!, `${dir}/out-${mode}`, { user: true });
  same(await Deno.readTextFile(`${dir}/out-${mode}/sub/7`), "file 7\n", "checkout");
  same(await Deno.readTextFile(`${dir}/out-${mode}/text`), "two", "checkout");
  let bytes = 0;
  await exportTar(repo, second!, (piece) => void (bytes += piece.length));
  same(bytes > 5_000_000, true, "export");
  prune(repo, { depth: 0 });
  same(repo.hasObject(commits[0]!, "commit"), false, "prune");
  same(Tree.fromCommit(repo, "main").linkTarget("link"), "large", "link");
}
try {
  await pullRemote(`${dir}/archive`, "none");
  throw new Error("there is an ostree after all");
} catch (error) {
  if (!(error instanceof RunError && error.code === "run/missing")) throw error;
}
console.log(`${modes.join(" ")}: fine`);

function same(found: unknown, expected: unknown, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${found} is not ${expected}`);
}
