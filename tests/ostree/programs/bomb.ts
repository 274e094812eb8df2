/**
 * Make a repository whose one file unpacks to a gibibyte, and do everything with it that reads it.
 *
 * `bomb.ts DIRECTORY` prints the most memory that it took, in MiB.
 *
 * @module
 */
import { checkoutTree, fsck, pullLocal, Repo, Tree } from "@apt-ostree/ostree";

const [dir = ""] = Deno.args;
const SIZE = 2 ** 30;
const PIECE = new Uint8Array(2 ** 20);
const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
let commit: string;
{
  using txn = repo.transaction();
  const writer = txn.fileWriter({ uid: 0, gid: 0, mode: 0o644 }, SIZE);
  for (let at = 0; at < SIZE; at += PIECE.length) writer.write(PIECE);
  const tree = Tree.empty(repo);
  tree.putFile("bomb", writer.close());
  commit = txn.writeCommit({ root: tree.write(txn), timestamp: 0 });
  txn.commit();
}
if ((await fsck(repo)).problems.length > 0) throw new Error("it is damaged");
await pullLocal(repo, Repo.init(`${dir}/target`, { mode: "bare-user" }), [commit]);
await checkoutTree(repo, repo.readCommit(commit).root, `${dir}/out`, { user: true });
const [, kib] = /^VmHWM:\s*(\d+) kB/m.exec(await Deno.readTextFile("/proc/self/status"))!;
console.log(Math.round(Number(kib) / 1024));
