import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output } from "../support/archive.ts";
import { type Ended, type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

/** A failure that tells what was attempted, its code and what to do, and that wrote nothing. */
async function assertRefused(
  fixture: Fixture,
  ended: Ended,
  code: string,
  ...texts: string[]
): Promise<void> {
  assertEquals(ended.code, 1, ended.stdout + ended.stderr);
  assertMatch(ended.stderr, /^error: Cannot /m);
  assertStringIncludes(ended.stderr, `\n  code: ${code}\n`);
  assertMatch(ended.stderr, /\n {2}hint: \S/);
  for (const text of texts) assertStringIncludes(ended.stderr, text);
  await assertUntouched(fixture);
}

async function assertUntouched({ repo }: Fixture): Promise<void> {
  assertEquals(await output("ostree", "refs", `--repo=${repo}`), "");
  assertEquals((await output("find", `${repo}/objects`, "-type", "f")).trim(), "");
  assertEquals(await leftovers(repo), []);
}

async function leftovers(repo: string): Promise<string[]> {
  const found = await output(
    "sh",
    "-c",
    'ls -d "$1"/extensions/aptostree/tmp/txn-* "$1"/tmp/staging-* "$1"/extensions/aptostree/repo/tmp/staging-* 2> /dev/null || true',
    "sh",
    repo,
  );
  return found.trim().split("\n").filter((line) => line !== "");
}

const none = { essential: false } as const;

Deno.test(
  "a treefile that does not exist is named",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const missing = `${fixture.dir}/missing.yaml`;
      await assertRefused(
        fixture,
        await fixture.compose(missing),
        "treefile/not-found",
        `"${missing}"`,
        "it does not exist",
      );
    }),
);

Deno.test(
  "an include that does not exist is named with the file that asks for it",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile("include: other.yaml\n");
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "treefile/not-found",
        "other.yaml",
        `"${treefile}:1:1" includes`,
      );
    }),
);

Deno.test(
  "a treefile that cannot be read is named",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      await Deno.mkdir(`${fixture.dir}/dir.yaml`);
      await assertRefused(
        fixture,
        await fixture.compose(`${fixture.dir}/dir.yaml`),
        "treefile/not-found",
        "dir.yaml",
      );
    }),
);

Deno.test(
  "YAML that is wrong is shown with line and column",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile("ref: a\npackages: [apt\nunits: []\n");
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "treefile/syntax",
        "tree.yaml:3:",
      );
    }),
);

Deno.test(
  "an unknown field is shown with line and the nearest name",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile("ref: a\npakages: [apt]\n");
      const ended = await fixture.compose(treefile);
      await assertRefused(
        fixture,
        ended,
        "treefile/unknown-field",
        "tree.yaml:2:1",
        'Did you mean "packages"?',
      );
    }),
);

Deno.test(
  "a field that belongs to the origin of a host is refused, not ignored",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile("ref: a\noverride-remove: [x]\n");
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "treefile/derive-field",
        '"override-remove"',
      );
    }),
);

Deno.test(
  "a package that does not exist is named with the nearest names",
  { ignore },
  () =>
    withFixture({ debs: [{ name: "test-editor" }] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-edtior]\n`);
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "apt/no-such-package",
        '"test-edtior"',
        "Did you mean test-editor?",
      );
    }),
);

Deno.test(
  "packages that conflict are named, and why",
  { ignore },
  () =>
    withFixture(
      { debs: [{ name: "test-a", fields: { Conflicts: "test-b" } }, { name: "test-b" }] },
      async (fixture) => {
        const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, test-b]\n`);
        await assertRefused(
          fixture,
          await fixture.compose(treefile),
          "apt/conflict",
          "test-a 1.0, conflicts with test-b; test-b 1.0 is needed",
        );
      },
    ),
);

Deno.test(
  "a dependency that is excluded is named",
  { ignore },
  () =>
    withFixture(
      { debs: [{ name: "test-a", fields: { Depends: "test-b" } }, { name: "test-b" }] },
      async (fixture) => {
        const treefile = await fixture.treefile(
          `${TREEFILE}packages: [test-a]\nexclude-packages: [test-b]\n`,
        );
        await assertRefused(
          fixture,
          await fixture.compose(treefile),
          "apt/conflict",
          "test-a 1.0 needs test-b; test-b is excluded",
          "exclude-packages",
        );
      },
    ),
);

Deno.test("two packages with the same file are named, and the file", { ignore }, () =>
  withFixture({
    debs: [{ name: "test-a", files: { "usr/bin/t": "a" } }, {
      name: "test-b",
      files: { "usr/bin/t": "b" },
    }],
  }, async (fixture) => {
    const treefile = await fixture.treefile(
      `${TREEFILE}packages: [test-a, test-b, usr-is-merged]\n`,
    );
    await assertRefused(
      fixture,
      await fixture.compose(treefile),
      "merge/file-conflict",
      '"/usr/bin/t" belongs to "test-',
      '"test-b"',
    );
  }));

Deno.test(
  "a source whose key is not known is named",
  { ignore },
  () =>
    withFixture({ ...none, debs: [{ name: "test-a" }], trusted: false }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a]\n`);
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "apt/untrusted-source",
        `file:${fixture.dir}/archive`,
        "Signed-By",
      );
    }),
);

Deno.test(
  "a source without any signature is named",
  { ignore },
  () =>
    withFixture({ ...none, debs: [{ name: "test-a" }], sign: false }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a]\n`);
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "apt/untrusted-source",
        `file:${fixture.dir}/archive`,
        "is not signed",
      );
    }),
);

Deno.test(
  "a sources file that is not there is named",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile("ref: a\nrepos: [elsewhere]\npackages: [apt]\n");
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "compose/no-sources",
        "elsewhere.sources",
      );
    }),
);

Deno.test(
  "a repository that is none is named",
  { ignore },
  () =>
    withFixture(none, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [apt]\n`);
      const ended = await fixture.run("compose", "tree", `--repo=${fixture.dir}`, treefile);
      await assertRefused(fixture, ended, "repo/not-found", `"${fixture.dir}"`);
      assertEquals(
        await fixture.run("compose", "tree", treefile).then((e) =>
          e.stderr.includes("compose/no-repo")
        ),
        true,
      );
    }),
);

Deno.test(
  "a damaged .deb in the cache is fetched once more; one that stays damaged is named",
  { ignore },
  () =>
    withFixture(
      { debs: [{ name: "test-a", files: { "usr/share/test-a": "x".repeat(3000) } }] },
      async (fixture) => {
        const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
        const archived = `${fixture.dir}/archive/test-a_1.0_all.deb`;
        const bytes = await Deno.readFile(archived);
        const damaged = bytes.slice();
        damaged[damaged.length - 100]! ^= 1;
        const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
        const cached = `${fixture.repo}/extensions/aptostree/debs/${sha256}.deb`;

        await Deno.writeFile(archived, damaged);
        await assertRefused(
          fixture,
          await fixture.compose(treefile),
          "apt/bad-download",
          '"test-a" 1.0',
        );
        assertEquals(await Deno.stat(cached).then(() => true, () => false), false);

        await Deno.writeFile(archived, bytes);
        await Deno.writeFile(cached, damaged);
        const second = await fixture.compose(treefile);
        assertEquals(second.code, 0, second.stderr);
        assertEquals(await Deno.readFile(cached), bytes);
        assertEquals(
          await output("ostree", "cat", `--repo=${fixture.repo}`, "test/x", "/usr/share/test-a"),
          "x".repeat(3000),
        );
      },
    ),
);

Deno.test(
  "a maintainer script that fails is named with status and last lines",
  { ignore },
  () =>
    withFixture({
      debs: [{
        name: "test-a",
        control: { postinst: "#!/bin/sh\necho the disk is blue\nexit 7\n" },
      }],
    }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
      const ended = await fixture.compose(treefile);
      await assertRefused(
        fixture,
        ended,
        "script/failed",
        '"test-a"',
        "postinst ended with status 7",
        "the disk is blue",
      );
    }),
);

Deno.test(
  "a preinst that fails is named with status and last lines",
  { ignore },
  () =>
    withFixture({
      debs: [{ name: "test-a", control: { preinst: "#!/bin/sh\necho no >&2\nexit 3\n" } }],
    }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "script/failed",
        '"test-a"',
        "preinst ended with status 3",
        "\nno\n",
      );
    }),
);

Deno.test(
  "a postprocess script that fails is named by its number",
  { ignore },
  () =>
    withFixture({}, async (fixture) => {
      const treefile = await fixture.treefile(
        `${TREEFILE}packages: [usr-is-merged]\npostprocess: ["true", "echo why; false"]\n`,
      );
      await assertRefused(
        fixture,
        await fixture.compose(treefile),
        "script/failed",
        "postprocess script 2",
        "why",
      );
    }),
);

Deno.test(
  "programs that the tree lacks, or that cannot be executed, are named",
  { ignore },
  () =>
    withFixture({}, async (fixture) => {
      await Deno.writeTextFile(`${fixture.dir}/program`, "#!/bin/sh\n");
      const cases: [field: string, code: string, text: string][] = [
        ["units: [a.service]", "sandbox/no-program", 'Cannot run "systemctl" in the tree'],
        [
          "postprocess-script: program",
          "compose/no-such-program",
          `chmod +x ${fixture.dir}/program`,
        ],
      ];
      for (const [field, code, text] of cases) {
        const treefile = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n${field}\n`);
        await assertRefused(fixture, await fixture.compose(treefile), code, text);
      }
    }),
);

Deno.test(
  "a disk without room is noticed before anything is fetched",
  { ignore },
  () =>
    withFixture({}, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
      const program = new URL("../../bin/apt-ostree", import.meta.url).pathname;
      await Deno.mkdir(`${fixture.dir}/small`);
      const script =
        `mount -t tmpfs -o size=48m tmpfs "$1" && ostree init --repo="$1"/repo --mode=bare &&
      "$2" compose tree --repo="$1"/repo "$3" 2>&1; echo "status $?"; ls "$1"/repo/refs/heads "$1"/repo/extensions/aptostree`;
      const text = await output(
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        script,
        "sh",
        `${fixture.dir}/small`,
        program,
        treefile,
      );
      assertMatch(text, /^error: Cannot compose in .*: \d+ MiB are needed, \d+ MiB are free$/m);
      assertStringIncludes(text, "code: compose/no-space");
      assertStringIncludes(text, "status 1");
      assertEquals(text.includes("debs"), false);
    }),
);

Deno.test("a disk that runs full later is named, and a second try with room goes through", {
  ignore,
}, () =>
  withFixture({}, async (fixture) => {
    const program = new URL("./fill_disk.ts", import.meta.url).pathname;
    await Deno.mkdir(`${fixture.dir}/small`);
    const script = 'mount -t tmpfs -o size=4m tmpfs "$1" && "$2" run -A "$3" "$1"';
    const text = await output(
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      script,
      "sh",
      `${fixture.dir}/small`,
      Deno.execPath(),
      program,
    );
    assertEquals(text.trim().split("\n"), ["repo/no-space", "staging 0", "then done"]);
  }));

Deno.test(
  "options and arguments that make no sense are named with what would",
  { ignore },
  async () => {
    await withFixture(none, async (fixture) => {
      const cases: [args: string[], code: string, text: string][] = [
        [["compsoe"], "cli/unknown-command", 'Did you mean "compose"?'],
        [["compose", "tree", "--rpo=x", "f"], "cli/unknown-option", "Did you mean --repo?"],
        [["compose", "tree"], "cli/bad-arguments", "TREEFILE"],
        [["compose", "tree", "a", "b"], "cli/bad-arguments", '"b" is too much'],
        [["compose", "tree", "--repo"], "cli/bad-option", "its value is missing"],
        [
          ["db", "diff", `--repo=${fixture.repo}`, "-F", "xml", "a", "b"],
          "cli/bad-option",
          "block, diff and json",
        ],
        [
          ["db", "diff", `--repo=${fixture.repo}`, "-F", "json", "--changelogs", "a", "b"],
          "cli/bad-option",
          "changelogs as json",
        ],
        [["search"], "cli/bad-arguments", "TERM"],
        [["db", "list", `--repo=${fixture.repo}`, "nowhere"], "ref/not-found", '"nowhere"'],
        [["status", `--sysroot=${fixture.dir}`], "repo/not-found", "sysroot"],
      ];
      for (const [args, code, text] of cases) {
        const { code: status, stderr } = await fixture.run(...args);
        assertEquals(status, code.startsWith("cli/") ? 2 : 1, args.join(" "));
        assertStringIncludes(stderr, `code: ${code}`);
        assertStringIncludes(stderr, text);
      }
      const status = await fixture.run("status");
      assertEquals([status.code, status.stderr.split("\n")[0]], [
        1,
        "error: This system was not booted via libostree",
      ]);
    });
  },
);

Deno.test(
  "files that are read or written at the end are looked at before the work begins",
  { ignore },
  () =>
    withFixture({ debs: [{ name: "test-a" }] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
      const missing = `${fixture.dir}/missing/file`;
      const cases: [args: string[], code: string][] = [
        [[`--write-commitid-to=${missing}`], "compose/bad-output"],
        [[`--write-composejson-to=${missing}`], "compose/bad-output"],
        [[`--ex-write-lockfile-to=${missing}`], "compose/bad-output"],
        [[`--touch-if-changed=${missing}`], "compose/bad-output"],
        [[`--write-composejson-to=${fixture.dir}`], "compose/bad-output"],
        [[`--add-metadata-from-json=${missing}`], "compose/bad-metadata"],
      ];
      for (const [args, code] of cases) {
        const ended = await fixture.compose(treefile, ...args);
        await assertRefused(fixture, ended, code, args[0]!.replace(/^.*=/, ""));
        assertEquals(ended.stderr.includes("Configuring"), false, "it had begun");
      }
      const signed = await fixture.treefile(
        `${TREEFILE}packages: [test-a, usr-is-merged]\nsign: [{ed25519: lost}]\n`,
      );
      const ended = await fixture.compose(signed);
      await assertRefused(fixture, ended, "treefile/not-found", `${fixture.dir}/lost`);
      const good = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
      assertEquals((await fixture.compose(good)).code, 0);
      for (const command of [["report", "test/x"], ["sbom", "test/x"]]) {
        const args = ["compose", ...command, `--repo=${fixture.repo}`, `--output=${missing}`];
        assertStringIncludes((await fixture.run(...args)).stderr, "code: compose/bad-output");
      }
    }),
);
