import { assertEquals, assertStringIncludes } from "@std/assert";
import { Repo, Tree, variant } from "@apt-ostree/ostree";
import { runCommandLine } from "../mod.ts";

Deno.test({
  name: "db diff --base compares what layered commits stand on",
  sanitizeResources: false, // libc is opened once, and stays
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const repo = Repo.init(`${dir}/repo`, { mode: "bare-user" });
      const write = (packages: readonly string[], parent?: string) => {
        using txn = repo.transaction();
        const list = packages.map((name) => [name, "0", "1", "", "all"]);
        const commit = txn.writeCommit({
          root: Tree.empty(repo).write(txn),
          timestamp: 0,
          ...(parent === undefined ? {} : { parent }),
          metadata: new Map([
            ["aptostree.dpkg.pkglist", variant("a(sssss)", list)],
            ...(parent === undefined
              ? []
              : [["aptostree.clientlayer", variant("b", true)] as const]),
          ]),
        });
        txn.commit();
        return commit;
      };
      const [old, next] = [write(["base"]), write(["base", "more"])];
      const layered = [write(["base", "mine"], old), write(["base", "more", "mine"], next)];
      const diff = async (...options: string[]) => {
        let out = "";
        await runCommandLine(["db", "diff", `--repo=${dir}/repo`, ...options, ...layered], {
          print: (text) => void (out += `${text}\n`),
          printError: (text) => void (out += text),
          interactive: false,
          signal: new AbortController().signal,
        });
        return out;
      };
      const based = await diff("--base");
      assertStringIncludes(based, old);
      assertStringIncludes(based, next);
      assertStringIncludes(await diff(), layered[0]!);
      assertEquals(based.includes("mine"), false);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
