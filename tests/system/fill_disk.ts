/**
 * Writes to a repository until its disk is full, makes room, and writes again; a test runs it on a small
 * file system of its own.
 *
 * @module
 */
import { Repo, RepoError } from "@apt-ostree/ostree";

const [dir] = Deno.args;
const filler = `${dir}/filler`;
const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
const owner = { uid: 0, gid: 0, mode: 0o644 };
Deno.writeFileSync(filler, new Uint8Array(2 * 1024 * 1024));
try {
  using txn = repo.transaction();
  for (let i = 0;; i++) txn.writeFile(owner, new Uint8Array(100_000).fill(i));
} catch (error) {
  if (!(error instanceof RepoError)) throw error;
  console.log(error.code);
}
console.log(`staging ${[...Deno.readDirSync(`${dir}/repo/tmp`)].length}`);
Deno.removeSync(filler);
using txn = repo.transaction();
txn.writeFile(owner, new Uint8Array(100_000));
txn.commit();
console.log("then done");
