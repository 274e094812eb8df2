// deno-lint-ignore-file no-console -- a script
/**
 * Commit a directory to an OSTree repository, which is made where it is missing.
 *
 * `deno run --allow-read --allow-write --allow-ffi --allow-sys=uid,statfs commit_directory.ts DIR REPO REF`
 */
import { commitTree, importDirectory, Repo } from "@apt-ostree/ostree";

const [dir, path, ref] = Deno.args;
if (!dir || !path || !ref) throw new Error("Usage: commit_directory.ts DIR REPO REF");

const repo = Repo.init(path, { mode: "archive" });
using txn = repo.transaction();
const root = await importDirectory(txn, dir, { uid: 0, gid: 0 });
const commit = commitTree(txn, root, {
  refs: [ref],
  subject: `Content of ${dir}`,
  timestamp: Math.floor(Date.now() / 1000),
});
txn.commit();
console.log(commit);
