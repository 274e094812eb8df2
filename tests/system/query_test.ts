import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { commitTree, Repo, Tree, variant } from "@apt-ostree/ostree";
import { gzipSync } from "node:zlib";
import { makeArchive, makeDeb, output } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg");
readXattrs("/"); // loads the C library before a test can be blamed for it
const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;

async function aptOstree(...args: string[]) {
  const env = { APT_OSTREE_DENO: Deno.execPath() };
  const { code, stdout, stderr } = await new Deno.Command(PROGRAM, { args, env }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("refresh-md and search work over the sources of a system, and beside its own apt", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const archive = `${dir}/archive`;
    await Deno.mkdir(archive);
    await makeDeb(archive, { name: "test-editor" });
    await makeDeb(archive, { name: "plain" });
    const { sources } = await makeArchive(archive);
    const system = `${dir}/system`;
    await Deno.mkdir(`${system}/etc/apt/sources.list.d`, { recursive: true });
    await Deno.mkdir(`${system}/var/lib/apt/lists`, { recursive: true });
    await Deno.writeTextFile(`${system}/etc/apt/sources.list.d/test.sources`, sources);
    const sysroot = `--sysroot=${system}`;

    const empty = await aptOstree("search", sysroot, "--cache-only", "editor");
    assertEquals(empty.code, 1);
    assertStringIncludes(empty.stderr, "code: apt/not-cached");
    const refreshed = await aptOstree("refresh-md", sysroot);
    assertEquals([refreshed.code, refreshed.stdout], [0, ""], refreshed.stderr);
    // Several at once wait for one another.
    const several = [["refresh-md"], ["refresh-md", "-f"], ["makecache", "--os=debian", "--peer"]];
    for (const each of await Promise.all(several.map((args) => aptOstree(...args, sysroot)))) {
      assertEquals([each.code, each.stdout], [0, ""], each.stderr);
    }
    const found = await aptOstree(
      "search",
      sysroot,
      "--cache-only",
      "-ny",
      "--install=x",
      "EDITOR",
    );
    assertEquals(
      found.stdout,
      "\n===== Summary & Name Matched =====\n" +
        "test-editor : test-editor for tests\n",
    );
    const all = await aptOstree("search", sysroot, "test*");
    assertEquals(all.stdout.split("\n").filter((line) => line.includes(" : ")), [
      "test-editor : test-editor for tests",
      "plain : plain for tests",
    ]);
    assertEquals((await aptOstree("search", sysroot, "qqq")).stdout, "No matches found.\n");
    // A path from where one stands is one, too.
    const env = { APT_OSTREE_DENO: Deno.execPath() };
    const args = ["refresh-md", "--force", "--sysroot=system"];
    const near = await new Deno.Command(PROGRAM, { args, env, cwd: dir }).output();
    assertEquals(near.code, 0, new TextDecoder().decode(near.stderr));
    await Deno.remove(archive, { recursive: true });
    const forced = await aptOstree("makecache", sysroot, "--force");
    assertEquals(forced.code, 1);
    assertStringIncludes(forced.stderr, "code: apt/");
    assertEquals([...Deno.readDirSync(`${system}/var/lib/apt/lists`)], []);
    const none = await aptOstree("search", `--sysroot=${dir}`, "a");
    assertStringIncludes(none.stderr, "code: apt/no-sources");
  }));

Deno.test("refresh-md and search work for an ordinary user, in its own cache", {
  ignore: ignore || Deno.uid() !== 0 || await lacks("setpriv", "unshare"),
}, () =>
  inTemp(async (dir) => {
    const archive = `${dir}/archive`;
    const etc = `${dir}/apt`;
    await Deno.mkdir(archive);
    await makeDeb(archive, { name: "test-editor" });
    const { sources } = await makeArchive(archive);
    await Deno.mkdir(`${etc}/sources.list.d`, { recursive: true });
    await Deno.writeTextFile(`${etc}/sources.list.d/test.sources`, sources);
    await withTestUser({ before: `mount --bind ${etc} /etc/apt\n` }, async (user) => {
      const refreshed = await user.run(user.program, "refresh-md");
      assertEquals(refreshed.code, 0, refreshed.stderr);
      const found = await user.run(user.program, "search", "--cache-only", "editor");
      assertStringIncludes(found.stdout, "test-editor : test-editor for tests\n");
      const { isDirectory } = await Deno.stat(`${user.home}/.cache/apt-ostree/apt`);
      assertEquals(isDirectory, true);
      const script = 'XDG_CACHE_HOME="$HOME/other" exec "$0" search editor';
      const other = await user.run("sh", "-c", script, user.program);
      assertEquals(other.code, 0, other.stderr);
      assertEquals((await Deno.stat(`${user.home}/other/apt-ostree/apt`)).isDirectory, true);
    });
  }));

const CHANGELOG = (version: string) =>
  `web (${version}) stable; urgency=low\n\n  * Change of ${version}.\n\n` +
  ` -- A <a@example.org>  Thu, 01 Jan 2026 10:00:00 +0000\n\n`;

Deno.test("db version and db diff read commits, with changelogs", {
  ignore: await lacks("ostree"),
}, () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const commits: string[] = [];
    const versions = ["1.0", "1.1", "2.0"];
    for (const [at, version] of versions.entries()) {
      using txn = repo.transaction();
      const tree = Tree.empty(txn);
      tree.mkdir("usr/share/doc/web");
      const write = (path: string, text: string) => {
        tree.mkdir(path.replace(/\/[^/]*$/, ""));
        const body = new TextEncoder().encode(text);
        tree.putFile(path, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body));
      };
      write("usr/lib/os-release", "VERSION_CODENAME=bookworm\n");
      const status = `Package: web\nSource: webserver\nVersion: ${version}-1\nArchitecture: all\n`;
      write("usr/lib/sysimage/dpkg/status", status);
      const log = versions.slice(0, at + 1).reverse().map((each) => CHANGELOG(`${each}-1`)).join(
        "",
      );
      const file = txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, gzipSync(log));
      tree.putFile("usr/share/doc/web/changelog.Debian.gz", file);
      const list = [["web", "0", version, "1", "all"], ["lib", "2", "1", "", "amd64"]];
      commits.push(commitTree(txn, tree.write(txn), {
        refs: ["os"],
        timestamp: at,
        metadata: new Map([["aptostree.dpkg.pkglist", variant("a(sssss)", list)]]),
      }));
      txn.commit();
    }
    const [first, , third] = commits as [string, string, string];
    const db = (...args: string[]) => aptOstree("db", ...args, `--repo=${repo.path}`);
    const version = await db("version", "os", first);
    const lines = version.stdout.trimEnd().split("\n");
    assertEquals(lines[0], `ostree commit: os (${third})`);
    const digest = await output(
      "sh",
      "-c",
      "printf 'lib_2:1_amd64\\nweb_2.0-1_all\\n' | sha256sum | cut -d' ' -f1",
    );
    assertMatch(lines[1]!, new RegExp(`^  debdbv is: +2:${digest.trim()}$`));
    assertEquals(lines[2], `ostree commit: ${first}`);

    const diff = await db("diff", "--changelogs", "os^^", "os");
    assertEquals(diff.code, 0, diff.stderr);
    assertEquals(diff.stdout.split("\n").slice(2), [
      "Upgraded:",
      "  web 1.0-1 -> 2.0-1",
      "",
      "Changelog of web 1.0-1 -> 2.0-1",
      "  web (2.0-1)",
      "    * Change of 2.0-1.",
      "   -- A <a@example.org>  2026-01-01",
      "",
      "  web (1.1-1)",
      "    * Change of 1.1-1.",
      "   -- A <a@example.org>  2026-01-01",
      "",
    ]);
    // Advisories are those of the files that the system has; without any there are none.
    const system = `${dir}/system`;
    const advise = (...args: string[]) => db("diff", "-a", `--sysroot=${system}`, ...args);
    assertEquals((await advise("os^", "os")).stdout.includes("SecAdvisories"), false);
    await Deno.mkdir(`${system}/etc/apt-ostree/advisories`, { recursive: true });
    const tracker = (fixed_version: string) => ({
      description: "A hole",
      releases: { bookworm: { status: "resolved", fixed_version, urgency: "high" } },
    });
    const file = `${system}/etc/apt-ostree/advisories/tracker.json`;
    const cves = { "CVE-1": tracker("1.1-1"), "CVE-2": tracker("2.0-1") };
    await Deno.writeTextFile(file, JSON.stringify({ webserver: cves }));
    assertStringIncludes(
      (await advise("os^", "os")).stdout,
      "\nSecAdvisories:\n  CVE-2  important  A hole\n    web_2.0-1_all\n",
    );
    const { advisories } = JSON.parse((await advise("-F", "json", "os^^", "os")).stdout);
    assertEquals(advisories.map((each: unknown[]) => each.slice(0, 4)), [
      ["CVE-1", 1, 3, ["web_2.0-1_all"]],
      ["CVE-2", 1, 3, ["web_2.0-1_all"]],
    ]);
    await Deno.writeTextFile(file, "[]");
    assertStringIncludes((await advise("os^", "os")).stderr, "code: advisory/bad-file");

    const back = await db("diff", "-F", "diff", "os", first);
    assertStringIncludes(
      back.stdout,
      "!web-2.0-1.all\n=web-1.0-1.all".replaceAll("-2.0", "_2.0")
        .replaceAll("-1.0-", "_1.0-").replaceAll(".all", "_all"),
    );
    const none = await db("diff", `--sysroot=${dir}`);
    assertEquals(none.code, 1);
    assertStringIncludes(none.stderr, "code: ");
  }));
