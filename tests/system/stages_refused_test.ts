import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, takeSnapshot } from "../support/snapshot.ts";
import { commit, install, postprocess, SMALL, SMALL_TREE } from "../support/stages.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

Deno.test("wrong root file systems are refused, and stay as they are", { ignore }, async (t) => {
  await withFixture(SMALL, async (fixture) => {
    const { dir, repo } = fixture;
    const treefile = await fixture.treefile(SMALL_TREE);
    const rootfs = await install(fixture, treefile);
    const done = await install(fixture, treefile, "--postprocess");
    const onCommit = (path: string) => ["commit", `--repo=${repo}`, treefile, path];
    const change = async (name: string, script: string) => {
      const copy = `${dir}/${name}`;
      await run("cp", "-a", rootfs, copy);
      await run("sh", "-ec", `cd "$1"; ${script}`, "sh", copy);
      return copy;
    };
    const status = "usr/lib/sysimage/dpkg/status";
    const foreign =
      "Package: dpkg\\nStatus: install ok installed\\nVersion: 1\\nArchitecture: sparc64\\n";
    const half = "Package: half\\nStatus: install ok unpacked\\nVersion: 1\\nArchitecture: all\\n";
    await Deno.writeTextFile(`${dir}/file`, "");
    const noCommit = `${dir}/no-commit.yaml`;
    await Deno.writeTextFile(noCommit, SMALL_TREE.replace("ref: test/x\n", ""));
    const bad = await change("bad-facts", "true");
    await Deno.writeTextFile(`${bad}.apt-ostree.json`, '{"version": 2}');
    const cases: [name: string, code: string, text: string, args: string[]][] = [
      ["no ROOTFS", "compose/no-rootfs", "it does not exist", ["postprocess", `${dir}/none`]],
      ["no ROOTFS to commit", "compose/no-rootfs", "it does not exist", onCommit(`${dir}/none`)],
      ["a file", "compose/no-rootfs", "it is no directory", ["postprocess", `${dir}/file`]],
      ["a file to commit", "compose/no-rootfs", "it is no directory", onCommit(`${dir}/file`)],
      ["an empty directory", "compose/no-rootfs", 'no "/usr"', [
        "postprocess",
        await change("empty", "rm -r ./*"),
      ]],
      [
        "no database",
        "compose/no-rootfs",
        "no dpkg database",
        onCommit(await change("no-dpkg", "rm -r usr/lib/sysimage/dpkg")),
      ],
      [
        "two /etc",
        "compose/no-rootfs",
        'both "/etc" and "/usr/etc"',
        onCommit(await change("two-etc", "cp -a etc usr/etc")),
      ],
      [
        "a /bin of its own",
        "compose/no-rootfs",
        '"/bin" is a directory',
        onCommit(await change("unmerged", "rm bin; mkdir bin")),
      ],
      [
        "another architecture",
        "compose/foreign-rootfs",
        "sparc64",
        ["postprocess", await change("foreign", `printf '${foreign}' > ${status}`)],
      ],
      [
        "a package that is not configured",
        "compose/unfinished-packages",
        "half (install ok unpacked)",
        ["postprocess", await change("half", `printf '${half}' > ${status}`)],
      ],
      [
        "another owner",
        "compose/needs-root",
        "belongs to user 1234",
        ["postprocess", await change("owned", "chown 1234 .")],
      ],
      ["one that is postprocessed", "compose/postprocessed", "/usr/etc", ["postprocess", done]],
      ["damaged facts", "compose/bad-facts", "form that is not known", onCommit(bad)],
      ["no repository", "cli/bad-option", "no repository is named", ["commit", treefile, rootfs]],
      ["no ref", "compose/no-ref", "names no ref", ["commit", `--repo=${repo}`, noCommit, rootfs]],
      [
        "no treefile",
        "treefile/not-found",
        "none.yaml",
        ["postprocess", rootfs, `${dir}/none.yaml`],
      ],
      [
        "a DESTDIR with a root file system",
        "compose/in-the-way",
        "it is there already",
        ["install", `--repo=${repo}`, treefile, rootfs.replace(/\/rootfs$/, "")],
      ],
      [
        "install --workdir",
        "cli/bad-option",
        "--workdir",
        ["install", `--workdir=${dir}`, treefile, `${dir}/x`],
      ],
      [
        "two source roots",
        "cli/bad-option",
        "--source-root-rw",
        ["rootfs", "--source-root=/", "--source-root-rw=/", treefile, `${dir}/x`],
      ],
      [
        "a layer without a repository",
        "compose/no-repo",
        'layer "some/layer"',
        ["install", `${dir}/layer.yaml`, `${dir}/x`],
      ],
    ];
    await Deno.writeTextFile(`${dir}/layer.yaml`, `${SMALL_TREE}ostree-layers: [some/layer]\n`);
    const before = await takeSnapshot(dir);
    for (const [name, code, text, args] of cases) {
      await t.step(name, async () => {
        const ended = await fixture.run("compose", ...args);
        const status = code.startsWith("cli/") ? 2 : 1;
        assertEquals(ended.code, status, ended.stdout + ended.stderr);
        assertMatch(ended.stderr, /^error: Cannot /m);
        assertStringIncludes(ended.stderr, `\n  code: ${code}\n`);
        assertStringIncludes(ended.stderr, text);
        assertMatch(ended.stderr, /\n {2}hint: \S/);
      });
    }
    assertEquals(await output("ostree", "refs", `--repo=${repo}`), "");
    const changed = diffSnapshots(before, await takeSnapshot(dir)).map(({ path }) => path)
      .filter((path) => !path.startsWith("repo/extensions"));
    assertEquals(changed, []);
  });
});

Deno.test(
  "compose install and postprocess refuse whoever is not root, and cannot be",
  { ignore },
  () =>
    withFixture(SMALL, async (fixture) => {
      const treefile = await fixture.treefile(SMALL_TREE);
      const rootfs = await install(fixture, treefile);
      const program = new URL("../../bin/apt-ostree", import.meta.url).pathname;
      const before = await takeSnapshot(rootfs);
      for (const args of [["install", treefile, `${fixture.dir}/x`], ["postprocess", rootfs]]) {
        const { code, stderr } = await new Deno.Command("setpriv", {
          args: [
            ...["--bounding-set=-sys_admin", "--inh-caps=-all", "--", program, "compose", ...args],
          ],
          env: { APT_OSTREE_DENO: Deno.execPath() },
        }).output();
        const text = new TextDecoder().decode(stderr);
        assertEquals(code, 1, text);
        assertStringIncludes(text, "\n  code: sandbox/no-capabilities\n");
      }
      assertEquals(diffSnapshots(before, await takeSnapshot(rootfs)), []);
    }),
);

Deno.test(
  "the stages are the same without root",
  { ignore: ignore || await lacks("newuidmap") },
  () =>
    withFixture(SMALL, async (fixture) => {
      const treefile = await fixture.treefile(SMALL_TREE);
      const rootfs = await install(fixture, treefile);
      const edit = ["chown", "33:8"];
      await run(...edit, `${rootfs}/usr/share/one`);
      await postprocess(fixture, rootfs, treefile);
      const expected = await commit(fixture, treefile, rootfs);
      await withTestUser({}, async (user) => {
        const repo = `--repo=${user.home}/repo`;
        const own = `${user.home}/build/rootfs`;
        const works = async (...argv: string[]) => {
          const { code, stdout, stderr } = await user.run(...argv);
          assertEquals(code, 0, stderr);
          return stdout;
        };
        await works("ostree", "init", repo, "--mode=archive");
        await works(user.program, "compose", "install", repo, treefile, `${user.home}/build`);
        await user.runInside(...edit, `${own}/usr/share/one`);
        await works(user.program, "compose", "postprocess", own, treefile);
        await works(user.program, "compose", "commit", repo, treefile, own);
        assertEquals((await works("ostree", "rev-parse", repo, "test/x")).trim(), expected);
        // What root made belongs to nobody whom the user could be.
        await run("chmod", "755", rootfs.replace(/\/rootfs$/, ""));
        const foreign = await user.run(user.program, "compose", "commit", repo, treefile, rootfs);
        assertEquals(foreign.code, 1);
        assertStringIncludes(foreign.stderr, "code: compose/needs-root");
        // And what the user made is none of root's.
        const others = await fixture.run("compose", "postprocess", own);
        assertStringIncludes(others.stderr, "code: compose/needs-root");
      });
    }),
);
