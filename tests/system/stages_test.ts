import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeXattr } from "@apt-ostree/base";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, takeSnapshot } from "../support/snapshot.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg", "mmdebstrap");

/** A package that uses what packages use, and what must survive files: setuid, owners, /opt, /var. */
const SERVICE = {
  name: "service",
  fields: { Depends: "adduser" },
  files: {
    "usr/bin/service": "#!/bin/sh\n",
    "etc/service.conf": "color=blue\n",
    "opt/service/readme": "text\n",
    "var/lib/service/seed": "seed\n",
  },
  control: {
    conffiles: "/etc/service.conf\n",
    postinst: `#!/bin/sh
set -e
adduser --quiet --system --group --no-create-home --home /var/lib/service service
install -d -o service -g service -m 2750 /var/lib/service/spool
chgrp service /usr/bin/service
chmod 2755 /usr/bin/service
`,
  },
};
/** The capability CAP_NET_RAW, permitted and effective. @see the kernel's vfs_cap_data, revision 2 */
const NET_RAW = Uint8Array.fromHex(`01000002002000${"00".repeat(13)}`);
/** A kernel that nothing boots, and what an initramfs is made with. */
const KERNEL = {
  name: "kernel",
  files: {
    "boot/vmlinuz-1.0-test": "kernel\n",
    "boot/config-1.0-test": "CONFIG_TEST=y\n",
    "usr/lib/modules/1.0-test/kernel/none.ko": "module\n",
    "usr/lib/ostree/ostree-prepare-root": "#!/bin/sh\n",
    "usr/bin/make-test-initramfs": `#!/bin/sh
while [ "$1" != -o ]; do shift; done
head -c 1200000 /dev/zero > "$2"
`,
  },
  links: { "usr/sbin/mkinitramfs": "../bin/make-test-initramfs" },
};
const TREE = `${TREEFILE}packages: [service, kernel, usr-is-merged]
automatic-version-prefix: "9"
mutate-os-release: "12"
postprocess: ["echo made > /usr/share/made"]
`;
/** What dpkg says of it: the version of the commit is in there. */
const OS_RELEASE = "??5??????   /usr/lib/os-release\n";
const ALL = { debs: [SERVICE, KERNEL] };
/** Packages that need nothing to run: a tree of them takes no time. */
const SMALL = {
  debs: [{ name: "one", files: { "usr/share/one": "1\n", "etc/one.conf": "o\n" } }],
  essential: false,
} as const;
const SMALL_TREE = `${TREEFILE}packages: [one]\n`;

/** Install a treefile into a directory. @returns The root file system. */
async function install(fixture: Fixture, treefile: string, ...args: string[]): Promise<string> {
  const dest = await Deno.makeTempDir({ dir: fixture.dir });
  const ended = await fixture.run(
    "compose",
    "install",
    `--repo=${fixture.repo}`,
    ...args,
    treefile,
    dest,
  );
  assertEquals(ended.code, 0, ended.stderr);
  assertEquals(ended.stdout.trim().split("\n").at(-1), `${dest}/rootfs`);
  assertEquals([...Deno.readDirSync(dest)].map(({ name }) => name).sort(), [
    "rootfs",
    "rootfs.apt-ostree.json",
  ]);
  return `${dest}/rootfs`;
}

/** A copy of a root file system with what is known about it. */
async function copyOf(rootfs: string, name: string): Promise<string> {
  const copy = rootfs.replace(/rootfs$/, name);
  await run("cp", "-a", rootfs, copy);
  await run("cp", `${rootfs}.apt-ostree.json`, `${copy}.apt-ostree.json`);
  return copy;
}

/** Commit a root file system beside all others. @returns Checksum of the commit. */
async function commit(fixture: Fixture, treefile: string, rootfs: string): Promise<string> {
  const id = `${fixture.dir}/id`;
  const ended = await fixture.run(
    ...["compose", "commit", `--repo=${fixture.repo}`, "--no-parent", `--write-commitid-to=${id}`],
    ...[treefile, rootfs],
  );
  assertEquals(ended.code, 0, ended.stderr);
  return await Deno.readTextFile(id);
}

async function postprocess(fixture: Fixture, ...args: string[]): Promise<string> {
  const ended = await fixture.run("compose", "postprocess", ...args);
  assertEquals(ended.code, 0, ended.stderr);
  return ended.stdout + ended.stderr;
}

async function contentOf(repo: string, rev: string): Promise<string> {
  const shown = await output("ostree", "show", `--repo=${repo}`, rev);
  return /^ContentChecksum: +(\S+)$/m.exec(shown)![1]!;
}

async function metadata(repo: string, rev: string, key: string): Promise<string> {
  return (await output("ostree", "show", `--repo=${repo}`, `--print-metadata-key=${key}`, rev))
    .trim();
}

Deno.test(
  "compose install, postprocess and commit, in every order that there is, make the commit of compose tree",
  {
    ignore,
    sanitizeResources: false, // libc is opened once, and stays
  },
  async (t) => {
    await withFixture(ALL, async (fixture) => {
      const { dir, repo } = fixture;
      const treefile = await fixture.treefile(TREE);
      const rootfs = await install(fixture, treefile);
      const whole = await install(fixture, treefile, "--postprocess");
      const composed = await fixture.compose(treefile);
      assertEquals(composed.code, 0, composed.stderr);
      const expected = (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim();
      const [direct, usual, edited, other] = [
        await copyOf(rootfs, "direct"),
        await copyOf(rootfs, "usual"),
        await copyOf(rootfs, "edited"),
        await copyOf(rootfs, "other"),
      ];

      await t.step(
        "an installed root file system can be entered, and dpkg approves of it",
        async () => {
          assertEquals(await output("chroot", rootfs, "dpkg", "--audit"), "");
          assertEquals(await output("chroot", rootfs, "dpkg", "--verify"), OS_RELEASE);
          assertEquals(await Deno.readTextFile(`${rootfs}/usr/share/made`), "made\n");
          assertEquals(
            await output("stat", "-c", "%U %G %a", `${rootfs}/usr/share/made`),
            "root root 644\n",
          );
          assertMatch(
            await output("chroot", rootfs, "stat", "-c", "%G %a", "/usr/bin/service"),
            /^service 2755$/m,
          );
        },
      );

      await t.step("compose postprocess leaves no kernel in /boot", async () => {
        const said = await postprocess(fixture, rootfs, treefile);
        assertStringIncludes(said, "Kernel: 1.0-test");
        assertEquals([...Deno.readDirSync(`${rootfs}/boot`)], []);
        assertEquals(
          await Deno.readTextFile(`${rootfs}/usr/lib/modules/1.0-test/vmlinuz`),
          "kernel\n",
        );
        assertEquals(
          (await Deno.stat(`${rootfs}/usr/lib/modules/1.0-test/initramfs.img`)).size,
          1_200_000,
        );
        assertEquals(await Deno.readLink(`${rootfs}/home`), "var/home");
        assertEquals([...Deno.readDirSync(`${rootfs}/var`)], []);
        assertEquals(await Deno.readTextFile(`${rootfs}/usr/etc/service.conf`), "color=blue\n");
      });

      await t.step("the commit is that of compose tree", async () => {
        assertEquals(await commit(fixture, treefile, rootfs), expected);
      });
      await t.step("install --postprocess comes to the same", async () => {
        assertEquals(await commit(fixture, treefile, whole), expected);
      });
      await t.step(
        "commit alone does what postprocess does, and leaves the directory as it is",
        async () => {
          const before = await takeSnapshot(direct);
          assertEquals(await commit(fixture, treefile, direct), expected);
          assertEquals(diffSnapshots(before, await takeSnapshot(direct)), []);
        },
      );
      await t.step("postprocess without a treefile makes the same tree", async () => {
        await postprocess(fixture, usual);
        const made = await commit(fixture, treefile, usual);
        assertEquals(await contentOf(repo, made), await contentOf(repo, expected));
      });

      await t.step(
        "edits reach the commit, devices do not, and overlays keep their marks",
        async () => {
          const service = `${edited}/usr/bin/service`;
          await Deno.writeTextFile(`${edited}/usr/share/edited`, "by hand\n");
          await Deno.remove(`${edited}/usr/share/made`);
          await run("mknod", "-m", "000", `${edited}/usr/share/gone`, "c", "0", "0");
          await run("mknod", `${edited}/usr/share/null`, "c", "1", "3");
          await run("mkfifo", `${edited}/usr/share/fifo`);
          await run("mknod", `${edited}/dev/zero`, "c", "1", "5");
          writeXattr(service, "security.capability", NET_RAW);
          const said = await postprocess(fixture, edited, treefile);
          assertStringIncludes(said, "no commit can hold them: /usr/share/fifo, /usr/share/null\n");
          const made = await commit(fixture, treefile, edited);
          const ls = (...args: string[]) => output("ostree", "ls", `--repo=${repo}`, made, ...args);
          assertMatch(await ls("/usr/share/.ostree-wh.gone"), /^-00000 0 0 +0 \/usr/);
          assertEquals(
            await output("ostree", "cat", `--repo=${repo}`, made, "/usr/share/edited"),
            "by hand\n",
          );
          assertMatch(await ls("-X", "/usr/bin/service"), /security\.capability/);
          assertMatch(await ls("/usr/bin/service"), /^-0[02]755 0 [1-9]\d* /);
          const names = (await ls("/usr/share", "/dev")).split("\n").map((line) =>
            line.replace(/.* /, "")
          );
          for (const path of ["null", "fifo", "gone", "made"]) {
            assert(!names.includes(`/usr/share/${path}`));
          }
          assert(!names.includes("/dev/zero"));
          await run("ostree", "fsck", `--repo=${repo}`, "--quiet");

          const hash = "aptostree.inputhash";
          assert(await metadata(repo, made, hash) !== await metadata(repo, expected, hash));
          for (const key of ["aptostree.dpkg.pkglist", "aptostree.dpkg.sha256", "version"]) {
            assertEquals(await metadata(repo, made, key), await metadata(repo, expected, key), key);
          }
        },
      );

      await t.step(
        "a commit goes to the ref, after its parent, and says what differs",
        async () => {
          await run("chroot", other, "dpkg", "--purge", "kernel");
          const json = `${dir}/compose.json`;
          const ended = await fixture.run(
            ...["compose", "commit", `--repo=${repo}`, `--write-composejson-to=${json}`],
            ...["--add-metadata-string=version=10", treefile, other],
          );
          assertEquals(ended.code, 0, ended.stderr);
          const made = (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim();
          assertStringIncludes(ended.stdout, `test/x => ${made}`);
          assertEquals(
            (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x^")).trim(),
            expected,
          );
          assertStringIncludes(ended.stdout, "Removed:\n  kernel_1.0_all");
          const facts = JSON.parse(await Deno.readTextFile(json));
          assertEquals([facts["ostree-commit"], facts["ostree-version"]], [made, "10"]);
          assertEquals(facts.pkgdiff, [["kernel", 1, {
            PreviousPackage: ["kernel", "1.0", "all"],
          }]]);
        },
      );

      await t.step("compose rootfs makes a root that containers run in", async () => {
        const dest = `${fixture.dir}/container`;
        const ended = await fixture.run(
          "compose",
          "rootfs",
          `--ostree-repo=${repo}`,
          treefile,
          dest,
        );
        assertEquals(ended.code, 0, ended.stderr);
        assertEquals(ended.stdout.trim().split("\n").at(-1), dest);
        const inside = (...argv: string[]) =>
          output(
            "bwrap",
            "--bind",
            dest,
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--unshare-net",
            ...argv,
          );
        assertEquals(await inside("dpkg", "--audit"), "");
        assertEquals(await inside("dpkg", "--verify"), OS_RELEASE);
        assertMatch(await inside("dpkg", "--list", "service"), /^ii {2}service +1\.0 /m);
        assertEquals(
          await inside("cat", "/etc/service.conf", "/opt/service/readme"),
          "color=blue\ntext\n",
        );
        assertEquals(
          await inside("stat", "-c", "%U %G %a", "/var/lib/service/spool"),
          "service service 2750\n",
        );
        assertEquals(await inside("cat", "/var/lib/service/seed"), "seed\n");
        assertEquals(await inside("sh", "-c", "cd ~ && pwd -P"), "/var/roothome\n");
        assertEquals(await Deno.stat(`${dest}/usr/etc`).then(() => true, () => false), false);
        const again = await fixture.run(
          "compose",
          "rootfs",
          `--ostree-repo=${repo}`,
          treefile,
          dest,
        );
        assertStringIncludes(again.stderr, "code: compose/in-the-way");
      });

      await t.step(
        "install --previous-inputhash installs nothing where nothing has changed",
        async () => {
          const hash = (await metadata(repo, expected, "aptostree.inputhash")).slice(1, -1);
          const ended = await fixture.run(
            ...["compose", "install", `--repo=${repo}`, `--previous-inputhash=${hash}`],
            ...[treefile, `${dir}/none`],
          );
          assertEquals(
            [ended.code, ended.stdout],
            [0, "No changes since that input hash\n"],
            ended.stderr,
          );
        },
      );
    });
  },
);

Deno.test(
  "compose commit takes what mmdebstrap made and hands have edited",
  { ignore },
  () =>
    withFixture(ALL, async (fixture) => {
      const { dir, repo } = fixture;
      const treefile = await fixture.treefile(`${TREEFILE}packages: [service, usr-is-merged]\n`);
      const rootfs = `${dir}/debstrapped`;
      // Programs in a chroot do not see this machine's files.
      const sources = await Deno.readTextFile(`${dir}/archive.sources`);
      await Deno.writeTextFile(`${dir}/copy.sources`, sources.replace("file:", "copy:"));
      const merge =
        'for name in bin sbin lib lib64; do mkdir -p "$1/usr/$name"; ln -s "usr/$name" "$1/$name"; done';
      await run(
        ...["mmdebstrap", "--mode=root", "--variant=essential", "--format=directory", "--quiet"],
        "--dpkgopt=force-unsafe-io",
        ...["--include=service", `--setup-hook=${merge}`, "", rootfs, `${dir}/copy.sources`],
      );
      await Deno.writeTextFile(`${rootfs}/etc/motd`, "edited\n");
      const ended = await fixture.run("compose", "commit", `--repo=${repo}`, treefile, rootfs);
      assertEquals(ended.code, 0, ended.stderr);
      await run("ostree", "fsck", `--repo=${repo}`, "--quiet");
      const system = await checkoutSystem(repo, "test/x", `${dir}/system`);
      assertEquals(await Deno.readTextFile(`${system}/etc/motd`), "edited\n");
      assertEquals(await output("chroot", system, "dpkg", "--audit"), "");
      assertEquals(await output("chroot", system, "dpkg", "--verify"), "");
      const query = ["dpkg-query", "-W", "-f", " ${Package}_${Version}_${Architecture}\\n"];
      const inside = (await output("chroot", rootfs, ...query)).trimEnd().split("\n").sort();
      const listed = await fixture.run("db", "list", `--repo=${repo}`, "test/x");
      assertEquals(listed.stdout.trimEnd().split("\n").slice(1).sort(), inside);
      // Nobody knows the .debs any more, nor where they came from.
      assertEquals(await metadata(repo, "test/x", "aptostree.dpkg.sha256"), "@a{ss} {}");

      await postprocess(fixture, rootfs, treefile);
      const again = await commit(fixture, treefile, rootfs);
      assertEquals(await contentOf(repo, again), await contentOf(repo, "test/x"));
    }),
);

/** Write a program of finalize.d beside the treefile. */
async function finalizer(fixture: Fixture, name: string, text: string): Promise<void> {
  await Deno.mkdir(`${fixture.dir}/finalize.d`, { recursive: true });
  await Deno.writeTextFile(`${fixture.dir}/finalize.d/${name}`, `#!/bin/sh\n${text}`);
  await Deno.chmod(`${fixture.dir}/finalize.d/${name}`, 0o755);
}

Deno.test(
  "programs in finalize.d have the last word, in the order of their names",
  { ignore },
  () =>
    withFixture(SMALL, async (fixture) => {
      const { dir, repo } = fixture;
      const treefile = await fixture.treefile(SMALL_TREE);
      await finalizer(fixture, "10-first", "echo first > usr/share/order; cat usr/etc/one.conf\n");
      await finalizer(
        fixture,
        "20-second",
        "echo second $SOURCE_DATE_EPOCH >> usr/share/order\nrm usr/share/one\n",
      );
      await Deno.writeTextFile(`${dir}/finalize.d/README`, "no program\n");
      const rootfs = await install(fixture, treefile, "--postprocess");
      const open = await install(fixture, treefile);
      const composed = await fixture.compose(treefile);
      assertEquals(composed.code, 0, composed.stderr);
      const cat = await output("ostree", "cat", `--repo=${repo}`, "test/x", "/usr/share/order");
      assertMatch(cat, /^first\nsecond \d{10}\n$/);
      const names = await output("ostree", "ls", `--repo=${repo}`, "test/x", "/usr/share");
      assertEquals(/ \/usr\/share\/one$/m.test(names), false);
      const expected = (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim();
      assertEquals(await commit(fixture, treefile, rootfs), expected);
      await postprocess(fixture, open, treefile);
      assertEquals(await commit(fixture, treefile, open), expected);

      const same = await fixture.compose(treefile);
      assertStringIncludes(same.stdout, "No changes since commit");
      await finalizer(fixture, "20-second", "echo failing; echo for a reason >&2; exit 3\n");
      const failed = await fixture.compose(treefile);
      assertEquals(failed.code, 1, "another program is another input");
      assertStringIncludes(failed.stderr, 'with "finalize.d/20-second": it ended with status 3\n');
      assertStringIncludes(failed.stderr, "failing\n");
      assertStringIncludes(failed.stderr, "for a reason\n");
      assertStringIncludes(failed.stderr, "code: compose/finalize-failed");
      assertEquals(
        (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim(),
        expected,
      );
    }),
);

Deno.test("after kill -9 in postprocess the root file system is whole, and the next one sweeps", {
  ignore,
}, () =>
  withFixture(SMALL, async (fixture) => {
    const { dir } = fixture;
    const treefile = await fixture.treefile(SMALL_TREE);
    const rootfs = await install(fixture, treefile);
    const before = await takeSnapshot(rootfs);
    const pidFile = `${dir}/pid`;
    await finalizer(
      fixture,
      "sleep",
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 3604\n`,
    );
    const child = fixture.spawn("compose", "postprocess", rootfs, treefile);
    const pid = Number(await appears(pidFile));
    child.kill("SIGKILL");
    await child.output();
    Deno.kill(pid, "SIGKILL");
    assertEquals(diffSnapshots(before, await takeSnapshot(rootfs)), []);
    const scratch = rootfs.replace(/rootfs$/, ".apt-ostree");
    assertEquals([...Deno.readDirSync(scratch)].length, 1);
    await Deno.remove(`${dir}/finalize.d`, { recursive: true });
    await postprocess(fixture, rootfs, treefile);
    assertEquals(await Deno.stat(scratch).then(() => true, () => false), false);
    assertEquals(await Deno.readTextFile(`${rootfs}/usr/etc/one.conf`), "o\n");
  }));

async function appears(path: string): Promise<string> {
  for (let tries = 0;; tries++) {
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) return text;
    if (tries > 600) throw new Error(`"${path}" never appeared`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

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
