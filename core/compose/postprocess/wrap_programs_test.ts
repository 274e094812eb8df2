import { assertEquals } from "@std/assert";
import { readXattr } from "@apt-ostree/base";
import { Repo, Tree } from "@apt-ostree/ostree";
import { inTemp } from "../../../tests/support/in_temp.ts";
import { readTreefile } from "../../treefile/read_treefile.ts";
import { WRAPPED, wrapPrograms } from "./wrap_programs.ts";

const ignore = Deno.uid() !== 0;
readXattr("/", "user.none"); // loads the C library before a test can be blamed for it

Deno.test(
  "cliwrap: true wraps every program that can be wrapped",
  { ignore },
  () =>
    inTemp((dir) => {
      const file = `${dir}/t.yaml`;
      Deno.writeTextFileSync(file, "cliwrap: true\n");
      const { wrappedPrograms } = readTreefile(file, "x86_64").treefile;
      assertEquals(wrappedPrograms.toSorted(), Object.keys(WRAPPED).sort());
      const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
      using txn = repo.transaction();
      const tree = Tree.empty(repo);
      for (const { path } of Object.values(WRAPPED)) {
        tree.mkdir(path.slice(0, path.lastIndexOf("/")));
        tree.putFile(path, txn.writeFile({ uid: 0, gid: 0, mode: 0o755 }, new Uint8Array([10])));
      }
      tree.mkdir("usr/lib/sysimage/dpkg");
      wrapPrograms(repo, txn, tree, wrappedPrograms);
      const kept = tree.list("usr/libexec/apt-ostree/cliwrap").map(([name]) => name);
      assertEquals(kept.toSorted(), Object.keys(WRAPPED).sort());
    }),
);
