import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { writeXattr } from "@apt-ostree/base";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, takeSnapshot } from "../support/snapshot.ts";
import { commit, contentOf, copyOf, install, metadata, postprocess } from "../support/stages.ts";

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
