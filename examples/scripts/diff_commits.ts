// deno-lint-ignore-file no-console -- a script
/**
 * Show which paths differ between two commits of an OSTree repository.
 *
 * `deno run --allow-read --allow-ffi diff_commits.ts REPO FROM TO`; FROM and TO are refs, checksums, or
 * `REF^` for the commit before.
 */
import { diffTrees, Repo } from "@apt-ostree/ostree";

const [path, from, to] = Deno.args;
if (!path || !from || !to) throw new Error("Usage: diff_commits.ts REPO FROM TO");

const LETTERS = { added: "A", removed: "D", changed: "M", meta: "m" } as const;
const repo = Repo.open(path);
const [before, after] = [from, to].map((rev) => repo.readCommit(repo.requireRev(rev)).root);
for (const change of diffTrees(repo, before!, after!)) {
  console.log(`${LETTERS[change.kind]} /${change.path}`);
}
