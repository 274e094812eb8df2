import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { commitTree, Repo, Tree, variant } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

readXattrs("/"); // loads the C library before a test can be blamed for it
const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;

/** Two commits with their packages, of which the second one has a newer one. */
function makeCommits(path: string): void {
  const repo = Repo.init(path, { mode: "archive" });
  const reference = ["https://example.org/CVE-1", "A hole"];
  const lacks = variant("a(suuasa{sv})", [
    ["CVE-1", 1, 3, ["web_1-1_all"], new Map([["cve_references", variant("a(ss)", [reference])]])],
  ]);
  for (const version of ["1.0", "2.0"]) {
    using txn = repo.transaction();
    const tree = Tree.empty(txn);
    tree.mkdir("usr/lib/sysimage/dpkg");
    const body = new TextEncoder().encode(`Package: web\nVersion: ${version}-1\n`);
    const file = txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body);
    tree.putFile("usr/lib/sysimage/dpkg/status", file);
    const list = [["lib", "2", "1", "", "amd64"], ["web", "0", version, "1", "all"]];
    const parent = repo.resolveRev("os");
    commitTree(txn, tree.write(txn), {
      refs: ["os"],
      timestamp: 1,
      ...(parent === undefined ? {} : { parent }),
      metadata: new Map([
        ["aptostree.dpkg.pkglist", variant("a(sssss)", list)],
        ...(version === "1.0" ? [["aptostree.advisories", lacks] as const] : []),
      ]),
      ...(version === "2.0" ? { detached: new Map([["aptostree.advisories", lacks]]) } : {}),
    });
    txn.commit();
  }
}

Deno.test("db list, diff and version need nothing of a commit but its metadata", {
  ignore: await lacks("ostree", "find"),
}, () =>
  inTemp(async (dir) => {
    makeCommits(`${dir}/far`);
    const repo = `${dir}/near`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=archive");
    const remote = ["ostree", "remote", "add", `--repo=${repo}`, "--no-gpg-verify"];
    await run(...remote, "far", `file://${dir}/far`);
    const pull = ["ostree", "pull", `--repo=${repo}`, "--commit-metadata-only", "--depth=-1"];
    await run(...pull, "far", "os");
    // Not one directory or file has come along.
    const objects = await output("find", `${repo}/objects`, "-type", "f");
    assertMatch(objects, /^([^\n]+\.commit(meta)?\n){3}$/);

    const system = `--sysroot=${dir}/system`;
    await run("mkdir", "-p", `${dir}/system`);
    const db = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(PROGRAM, {
        args: ["db", ...args, `--repo=${repo}`],
        env: { APT_OSTREE_DENO: Deno.execPath() },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    };
    const lines = ({ stdout }: { readonly stdout: string }) => stdout.trimEnd().split("\n");
    assertEquals(lines(await db("list", "far:os", "w*")).slice(1), [" web_2.0-1_all"]);
    for (const [rev, count] of [["far:os^", 2], ["far:os", 2]] as const) {
      assertEquals(lines(await db("list", "--advisories", rev)).slice(count + 1), [
        "SecAdvisories:",
        "  CVE-1  important  A hole",
        "    web_1-1_all",
      ]);
    }
    const versions = lines(await db("version", "far:os^", "far:os"));
    assertMatch(versions[1]!, / 2:[0-9a-f]{64}$/);
    assertEquals(new Set(versions).size, 4);
    const upgraded = ["Upgraded:", "  web 1.0-1 -> 2.0-1"];
    assertEquals(lines(await db("diff", system, "far:os^", "far:os")).slice(2), upgraded);
    assertEquals(lines(await db("diff", system, "-F", "diff", "far:os^", "far:os")).slice(2), [
      "!web_1.0-1_all",
      "=web_2.0-1_all",
    ]);
    const json = await db("diff", system, "-F", "json", "far:os^", "far:os");
    assertEquals(json.code, 0, json.stderr);
    assertEquals(JSON.parse(json.stdout).pkgdiff.map((each: unknown[]) => each[0]), ["web"]);
    assertEquals(JSON.parse(json.stdout).advisories, []);

    // Advisories are about source packages, which the tree alone knows: this is said.
    const advisories = `${dir}/system/etc/apt-ostree/advisories`;
    await run("mkdir", "-p", advisories);
    await Deno.writeTextFile(`${advisories}/tracker.json`, "{}");
    for (const option of ["--advisories", "--changelogs"]) {
      const ended = await db("diff", system, option, "far:os^", "far:os");
      assertEquals(ended.code, 1);
      assertStringIncludes(ended.stderr, "code: object/not-found\n");
      assertStringIncludes(ended.stderr, "hint: Pull the commit again");
    }
    const without = await db("diff", system, "-F", "json", "far:os^", "far:os");
    assertEquals([without.code, Object.hasOwn(JSON.parse(without.stdout), "advisories")], [
      0,
      false,
    ]);
    assertStringIncludes(without.stderr, "Advisories are left out");
  }));
