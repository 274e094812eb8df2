import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output, run } from "../../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../../support/compose_fixture.ts";
import { lacks } from "../../support/lacks.ts";

/** What rpm-ostree's compose tests look at that needs no system in the tree. */
const ignore = Deno.uid() !== 0 || await lacks("ostree", "dpkg-deb", "dpkg-scanpackages", "gpg");

const OS_RELEASE =
  'NAME="Test"\nVERSION="12 (book)"\nVERSION_ID="12"\nPRETTY_NAME="Test 12"\nVERSION_CODENAME=book\n';
const DEBS = [
  { name: "release", files: { "usr/lib/os-release": OS_RELEASE } },
  { name: "needs", fields: { Depends: "needed" }, files: { "usr/share/needs": "n\n" } },
  { name: "needed", files: { "usr/share/needed": "n\n" } },
  { name: "likes", fields: { Recommends: "liked" }, files: { "usr/share/likes": "l\n" } },
  { name: "liked", files: { "usr/share/liked": "l\n" } },
  { name: "versioned", version: "1.0", files: { "usr/share/versioned": "1\n" } },
  { name: "versioned", version: "2.0", files: { "usr/share/versioned": "2\n" } },
  {
    name: "ostree-boot",
    files: { "usr/lib/systemd/system/ostree-state-overlay@.service": "[Service]\n" },
  },
  { name: "local", files: { "usr/local/bin/tool": "t\n", "opt/vendor/tool": "t\n" } },
  {
    name: "linux-image-1",
    files: { "boot/vmlinuz-1": "kernel\n", "usr/lib/modules/1/modules.dep": "\n" },
  },
  { name: "linux-image-2", files: { "boot/vmlinuz-2": "kernel\n" } },
];

Deno.test("compose scenarios: without a system", { ignore }, async (t) => {
  await withFixture({ debs: DEBS, essential: false }, async (fixture) => {
    const { dir, repo } = fixture;
    const compose = async (text: string, ...args: string[]) =>
      await fixture.compose(await fixture.treefile(TREEFILE + text), ...args);
    const done = async (text: string, ...args: string[]) => {
      const ended = await compose(text, ...args);
      assertEquals(ended.code, 0, ended.stderr);
      return ended;
    };
    const refused = async (text: string, said: string | RegExp, ...args: string[]) => {
      const ended = await compose(text, ...args);
      assertEquals(ended.code, 1, ended.stdout);
      if (typeof said === "string") assertStringIncludes(ended.stderr, said);
      else assertMatch(ended.stderr, said);
    };
    const cat = (path: string) => output("ostree", "cat", `--repo=${repo}`, "test/x", path);
    const ls = (path: string) => output("ostree", "ls", "-R", `--repo=${repo}`, "test/x", path);
    const packages = async () =>
      (await fixture.run("db", "list", `--repo=${repo}`, "test/x")).stdout.trim().split("\n")
        .slice(1).map((line) => line.trim());

    await t.step("an excluded dependency is an error that names who needs it", async () => {
      await refused("packages: [needs]\nexclude-packages: [needed]\n", /needs.*\n?.*needed/);
    });
    await t.step("an excluded recommendation is left out", async () => {
      await done("packages: [likes]\nexclude-packages: [liked]\n");
      assertEquals(await packages(), ["likes_1.0_all"]);
    });
    await t.step("a package that is both listed and excluded is an error", async () => {
      await refused("packages: [liked]\nexclude-packages: [liked]\n", "liked");
    });
    await t.step(
      "recommends: true takes recommended packages, several includes add up",
      async () => {
        await Deno.writeTextFile(`${dir}/a.yaml`, "packages: [likes]\n");
        await Deno.writeTextFile(`${dir}/b.yaml`, "packages: [needs]\nrecommends: true\n");
        const path = await fixture.treefile(
          "ref: test/x\nrepos: [archive]\ninclude: [a.yaml, b.yaml]\n",
        );
        assertEquals((await fixture.compose(path)).code, 0);
        assertEquals((await packages()).map((each) => each.split("_")[0]), [
          ...["liked", "likes", "needed", "needs"],
        ]);
      },
    );
    await t.step("repo-packages takes an exact version from an archive", async () => {
      const tree = (version: string) =>
        `repo-packages: [{repo: archive, packages: [versioned${version}]}]\n`;
      await done(tree("=1.0"));
      assertEquals(await cat("/usr/share/versioned"), "1\n");
      await done(tree(""));
      assertEquals(await cat("/usr/share/versioned"), "2\n");
      await refused(tree("=1.5"), "it has only 1.0, 2.0");
    });
    await t.step("variables stand in package sources", async () => {
      const sources = await Deno.readTextFile(`${dir}/archive.sources`);
      await Deno.writeTextFile(
        `${dir}/varied.sources`,
        sources.replaceAll(`${dir}/archive`, "$where"),
      );
      assertEquals(sources.includes(dir), true);
      const path = await fixture.treefile(
        `ref: test/x\nrepos: [varied]\nrepovars: {where: ${dir}/archive}\npackages: [liked]\n`,
      );
      const ended = await fixture.compose(path);
      assertEquals(ended.code, 0, ended.stderr);
    });
    await t.step("without repos the sources of the source root count", async () => {
      await Deno.mkdir(`${dir}/root/etc/apt/sources.list.d`, { recursive: true });
      await Deno.copyFile(
        `${dir}/archive.sources`,
        `${dir}/root/etc/apt/sources.list.d/archive.sources`,
      );
      const path = await fixture.treefile("ref: test/x\npackages: [needed]\n");
      const ended = await fixture.compose(path, `--source-root=${dir}/root`);
      assertEquals(ended.code, 0, ended.stderr);
      assertEquals(await packages(), ["needed_1.0_all"]);
    });
    await t.step(
      "--print-only prints JSON with variables filled in, without those of the sources",
      async () => {
        const path = await fixture.treefile(
          `${TREEFILE}repovars: {where: here}\nvariables: {name: liked}\nref: "\${name}"\n`.replace(
            "ref: test/x\n",
            "",
          ),
        );
        const { code, stdout } = await fixture.run("compose", "tree", "--print-only", path);
        const printed = JSON.parse(stdout) as Record<string, unknown>;
        assertEquals([code, printed["ref"], printed["repovars"]], [0, "liked", undefined]);
      },
    );
    await t.step(
      "add-files refuses a place outside of /usr and /etc, and names a missing source",
      async () => {
        await Deno.writeTextFile(`${dir}/file`, "f\n");
        await refused("packages: [liked]\nadd-files: [[file, /opt/file]]\n", "/opt/file");
        await refused("packages: [liked]\nadd-files: [[file, /var/file]]\n", "/var/file");
        await refused("packages: [liked]\nadd-files: [[none, /usr/file]]\n", "none");
      },
    );
    await t.step(
      "opt-usrlocal: var keeps what packages have there, in /usr and by lines for /var",
      async () => {
        await done("packages: [local]\n");
        assertEquals(await cat("/usr/lib/opt/vendor/tool"), "t\n");
        assertMatch(await ls("/opt"), /\/opt -> var\/opt/);
        assertMatch(await ls("/usr/local"), /\/usr\/local -> \.\.\/var\/usrlocal/);
        const lines = await cat("/usr/lib/tmpfiles.d/apt-ostree.conf");
        assertMatch(lines, /^C \/var\/usrlocal\/bin\/tool 0644 0 0 - \S+$/m);
      },
    );
    await t.step(
      "opt-usrlocal: stateoverlay keeps both in the image, and enables a unit for each",
      async () => {
        await done("packages: [local]\nopt-usrlocal: stateoverlay\n");
        assertMatch(await ls("/opt"), /\/opt -> usr\/lib\/opt/);
        assertEquals(await cat("/usr/lib/opt/vendor/tool"), "t\n");
        assertEquals(await cat("/usr/local/bin/tool"), "t\n");
        const units = await ls("/usr/lib/systemd/system/local-fs.target.requires");
        for (const name of ["usr-lib-opt", "usr-local"]) {
          const link =
            `ostree-state-overlay@${name}.service -> ../apt-ostree-state-overlay@.service`;
          assertStringIncludes(units, link);
        }
        // libostree's own unit is taken where there is one.
        await done("packages: [local, ostree-boot]\nopt-usrlocal: stateoverlay\n");
        const theirs = await ls("/usr/lib/systemd/system/local-fs.target.requires");
        assertEquals(
          theirs.match(/\/(ostree-state-overlay@\S+) -> \.\.\/ostree-state-overlay@/g)?.length,
          2,
        );
        assertEquals((await ls("/usr/lib/systemd/system")).includes("apt-ostree-"), false);
      },
    );
    await t.step("layers and override layers land in the tree", async () => {
      for (const [name, path] of [["layer", "layered"], ["over", "liked"]] as const) {
        await Deno.mkdir(`${dir}/${name}/usr/share`, { recursive: true });
        await Deno.writeTextFile(`${dir}/${name}/usr/share/${path}`, `${name}\n`);
        await run("ostree", "commit", `--repo=${repo}`, "-b", name, `--tree=dir=${dir}/${name}`);
      }
      await refused("packages: [liked]\nostree-layers: [over]\n", "usr/share/liked");
      await done("packages: [liked]\nostree-layers: [layer]\nostree-override-layers: [over]\n");
      assertEquals([await cat("/usr/share/layered"), await cat("/usr/share/liked")], [
        ...["layer\n", "over\n"],
      ]);
    });
    await t.step(
      "machineid-compat: true gives an empty file, false none; with units it must be true",
      async () => {
        await done("packages: [liked]\nmachineid-compat: true\n");
        assertEquals(await cat("/usr/etc/machine-id"), "");
        await done("packages: [liked]\nmachineid-compat: false\n");
        assertEquals((await ls("/usr/etc")).includes("machine-id"), false);
        await refused(
          "packages: [liked]\nmachineid-compat: false\nunits: [a.service]\n",
          "machineid-compat",
        );
      },
    );
    await t.step(
      "os-release is as the package has it, unless the treefile says otherwise",
      async () => {
        await done("packages: [release]\nautomatic-version-prefix: '12.1'\n");
        assertEquals(await cat("/usr/lib/os-release"), OS_RELEASE);
      },
    );
    await t.step(
      "os-release gets the version, by prefix or by hand, and keeps VERSION_ID",
      async () => {
        const tree =
          "packages: [release]\nmutate-os-release: '12'\nautomatic-version-prefix: '12.2'\n";
        await done(tree);
        assertMatch(await cat("/usr/lib/os-release"), /^VERSION="12\.2 \(book\)"$/m);
        await done(tree, "--add-metadata-string=version=12.by-hand", "--force-nocache");
        const text = await cat("/usr/lib/os-release");
        assertMatch(text, /^VERSION_ID="12"$/m);
        assertMatch(text, /^PRETTY_NAME="Test 12\.by-hand"$/m);
        assertMatch(text, /^OSTREE_VERSION='12\.by-hand'$/m);
        const version = [
          "ostree",
          "show",
          `--repo=${repo}`,
          "--print-metadata-key=version",
          "test/x",
        ];
        assertEquals(await output(...version as [string]), "'12.by-hand'\n");
      },
    );
    await t.step("no-initramfs makes none", async () => {
      await done("packages: [linux-image-1]\nno-initramfs: true\n");
      const listed = await ls("/usr/lib/modules/1");
      assertEquals([listed.includes("vmlinuz"), listed.includes("initramfs")], [true, false]);
    });
    await t.step(
      "without initramfs-tools and dracut, or with two kernels, nothing boots",
      async () => {
        await refused("packages: [linux-image-1]\n", /neither initramfs-tools nor dracut/);
        await refused("packages: [linux-image-1]\n", "no-initramfs: true");
        await refused("packages: [linux-image-1, linux-image-2]\n", /with 2 kernels: 1, 2/);
      },
    );
    await t.step("container: true composes a tree that does not boot", async () => {
      await done("packages: [liked]\ncontainer: true\n");
      const show = [
        "ostree",
        "show",
        `--repo=${repo}`,
        "--print-metadata-key=ostree.bootable",
        "test/x",
      ];
      const { success } = await new Deno.Command(show[0]!, { args: show.slice(1), stderr: "null" })
        .output();
      assertEquals(success, false);
    });
    await t.step("--write-commitid-to writes the commit and no ref", async () => {
      const before = await output("ostree", "rev-parse", `--repo=${repo}`, "test/x");
      await done("packages: [versioned]\n", `--write-commitid-to=${dir}/id`);
      const commit = await Deno.readTextFile(`${dir}/id`);
      assertEquals(await output("ostree", "rev-parse", `--repo=${repo}`, "test/x"), before);
      await run("ostree", "ls", `--repo=${repo}`, commit);
    });
    await t.step(
      "advisories are listed with the packages, and compared",
      () => advisories(fixture),
    );
  });
});

/** `db list --advisories` and `db diff --advisories` on two commits. */
async function advisories({ dir, repo, treefile, run: program, compose }: Fixture): Promise<void> {
  const sourceRoot = `${dir}/advised`;
  await Deno.mkdir(`${sourceRoot}/etc/apt-ostree/advisories`, { recursive: true });
  const fixed = (version: string) => ({
    releases: { book: { status: "resolved", fixed_version: version, urgency: "high" } },
  });
  await Deno.writeTextFile(
    `${sourceRoot}/etc/apt-ostree/advisories/a.json`,
    JSON.stringify({ versioned: { "CVE-2026-7": fixed("2.0") } }),
  );
  const commits: string[] = [];
  const name = "release";
  for (const version of ["1.0", "2.0"]) {
    const text = `${TREEFILE.replace("test/x", "test/advised")}\npackages: [${name}]
repo-packages: [{repo: archive, packages: [versioned=${version}]}]\nadvisories-metadata: inline\n`;
    const path = await treefile(text);
    const ended = await compose(path, `--source-root=${sourceRoot}`);
    assertEquals(ended.code, 0, ended.stderr);
    commits.push((await output("ostree", "rev-parse", `--repo=${repo}`, "test/advised")).trim());
  }
  // The old commit notes what it lacks; between the two lies what the new one brings.
  const noted = (commit: string) =>
    output("ostree", "show", `--repo=${repo}`, "--print-metadata-key=aptostree.advisories", commit);
  assertStringIncludes(await noted(commits[0]!), "CVE-2026-7");
  const listed = await program("db", "list", "--advisories", `--repo=${repo}`, commits[0]!);
  assertMatch(
    listed.stdout,
    /^SecAdvisories:\n {2}CVE-2026-7 {2}important\n {4}versioned_1.0_all$/m,
  );
  const args = ["--advisories", `--sysroot=${sourceRoot}`, `--repo=${repo}`];
  const diff = await program("db", "diff", ...args, ...commits);
  assertEquals(diff.code, 0, diff.stderr);
  assertMatch(diff.stdout, /^SecAdvisories:\n {2}CVE-2026-7 /m);
}
