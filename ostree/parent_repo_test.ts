import { assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { output, run } from "../tests/support/archive.ts";
import { inTemp } from "../tests/support/in_temp.ts";
import { lacks } from "../tests/support/lacks.ts";
import { commitTree } from "./commit_tree.ts";
import { pullLocal } from "./pull.ts";
import { Repo } from "./repo.ts";
import { Tree } from "./tree/tree.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree");
readXattrs("/"); // loads the C library before a test can be blamed for it

Deno.test(
  "a repository that stands on another has its objects and refs, and writes its own alone",
  {
    ignore,
  },
  () =>
    inTemp(async (dir) => {
      const below = Repo.init(`${dir}/below`, { mode: "bare" });
      const put = (repo: Repo, tree: Tree, name: string, ref: string) => {
        using txn = repo.transaction();
        const body = new TextEncoder().encode(name);
        tree.putFile(name, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body));
        const sum = commitTree(txn, tree.write(txn), { refs: [ref], timestamp: 0, parent: null });
        txn.commit();
        return sum;
      };
      const base = put(below, Tree.empty(below), "a", "base");
      const objects = () =>
        output("sh", "-c", 'cd "$1" && find . -type f | sort', "sh", below.path);
      const before = await objects();

      const above = Repo.init(`${dir}/above`, { mode: "bare", parent: below });
      assertEquals(above.resolveRev("base"), base);
      assertEquals(above.resolveRev(base.slice(0, 12)), base);
      const top = put(above, Tree.fromCommit(above, "base"), "b", "top");
      assertEquals([...above.listRefs().keys()], ["top"]);
      assertEquals(await objects(), before);
      const files = await output("sh", "-c", 'find "$1"/objects -name "*.file"', "sh", above.path);
      assertEquals(
        files.trim().split("\n").length,
        1,
        "the parent's objects are not written again",
      );

      // libostree reads it in the same way.
      assertEquals(await output("ostree", "cat", `--repo=${above.path}`, top, "a", "b"), "ab");

      await pullLocal(above, below, [top], { refs: new Map([["top", top]]) });
      await run("rm", "-rf", above.path);
      await run("ostree", "fsck", "--quiet", `--repo=${below.path}`);
      assertEquals(await output("ostree", "cat", `--repo=${below.path}`, "top", "a", "b"), "ab");
    }),
);
