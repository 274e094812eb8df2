import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ComposeError, composeTree, type ComposeTreeOptions } from "@apt-ostree/core";
import { output, run } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "dpkg-deb", "dpkg-scanpackages", "gpg");
const DEBS = [
  { name: "one", files: { "usr/share/one": "1\n" } },
  { name: "two", files: { "usr/share/two": "2\n" } },
];
// libc is opened once, and stays.
const settings = { ignore, sanitizeResources: false };

/** Run a test with a way to compose the packages that it names. */
function withCompose(
  test: (
    compose: (
      packages: string,
      options?: Partial<ComposeTreeOptions>,
    ) => ReturnType<typeof composeTree>,
    fixture: Fixture,
  ) => Promise<void>,
): Promise<void> {
  return withFixture({ debs: DEBS, essential: false }, (fixture) =>
    test(
      async (packages, options = {}) =>
        await composeTree({
          treefile: await fixture.treefile(
            `${TREEFILE}automatic-version-prefix: '3'\npackages: [${packages}]\n`,
          ),
          repo: fixture.repo,
          ...options,
        }),
      fixture,
    ));
}

Deno.test(
  "--download-only-debs leaves .debs, --download-only imports, and no commit is written",
  settings,
  () =>
    withCompose(async (compose, { dir, repo }) => {
      const cachedir = `${dir}/cache`;
      const debs = await compose("one, two", { cachedir, downloadOnly: "debs" });
      assert(debs.kind === "downloaded");
      const names = [...Deno.readDirSync(debs.directory)].filter((each) => !each.isDirectory)
        .map(({ name }) => name);
      assertEquals(names.toSorted(), debs.packages.map(({ sha256 }) => `${sha256}.deb`).toSorted());
      const imported = await compose("one, two", { cachedir, downloadOnly: "imported" });
      assert(imported.kind === "downloaded");
      assertEquals(imported.imported, 2);
      assertEquals(await output("ostree", "refs", `--repo=${repo}`), "");
      const done = await compose("one, two", { cachedir, cacheOnly: true });
      assert(done.kind === "committed");
      assertEquals(done.imported, 0);
    }),
);

Deno.test(
  "--previous-commit, --previous-inputhash and --previous-version say what came before",
  settings,
  () =>
    withCompose(async (compose, { dir, repo }) => {
      const first = await compose("one");
      assert(first.kind === "committed");
      assertEquals(first.version, "3");
      const other = await compose("two", { writeCommitidTo: `${dir}/id`, previousVersion: "3.8" });
      assert(other.kind === "committed");
      assertEquals([other.version, other.ref], ["3.9", undefined]);
      const same = await compose("two", { previousCommit: other.commit });
      assertEquals(same, { kind: "unchanged", commit: other.commit, ref: undefined });
      const hash = await compose("two", { previousInputhash: other.inputHash });
      assertEquals(hash, { kind: "unchanged", commit: undefined, ref: undefined });
      assertEquals(
        await output("ostree", "rev-parse", `--repo=${repo}`, "test/x"),
        `${first.commit}\n`,
      );
    }),
);

Deno.test(
  "--touch-if-changed touches where something changes, or would in a dry run",
  settings,
  () =>
    withCompose(async (compose, { dir }) => {
      const touchIfChanged = `${dir}/stamp`;
      const touched = () => {
        try {
          return Deno.statSync(touchIfChanged).mtime!.getTime() > 0;
        } catch {
          return false;
        } finally {
          Deno.writeTextFileSync(touchIfChanged, "");
          Deno.utimeSync(touchIfChanged, 0, 0);
        }
      };
      await compose("one", { touchIfChanged });
      assertEquals(touched(), true);
      await compose("one", { touchIfChanged });
      assertEquals(touched(), false);
      await compose("one", { touchIfChanged, dryRun: true });
      assertEquals(touched(), false);
      await compose("two", { touchIfChanged, dryRun: true });
      assertEquals(touched(), true);
    }),
);

Deno.test(
  "--write-composejson-to writes what ostree says of the commit",
  settings,
  () =>
    withCompose(async (compose, { dir, repo }) => {
      await compose("one");
      const result = await compose("one, two", { writeComposejsonTo: `${dir}/compose.json` });
      assert(result.kind === "committed");
      const json = JSON.parse(await Deno.readTextFile(`${dir}/compose.json`));
      const shown = await output("ostree", "show", `--repo=${repo}`, "test/x");
      assertEquals(json["ostree-content-checksum"], /^ContentChecksum: +(\S+)$/m.exec(shown)?.[1]);
      assertEquals(
        [json["ref"], json["ostree-commit"], json["ostree-version"], json["apt-ostree-inputhash"]],
        ["test/x", result.commit, "3.1", result.inputHash],
      );
      assertMatch(json["ostree-timestamp"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assertEquals(json["pkgdiff"], [["two", 0, { NewPackage: ["two", "1.0", "all"] }]]);
      const files = (await output("ostree", "ls", "-RC", `--repo=${repo}`, "test/x")).split("\n")
        .flatMap((line) => /^[-l]\S+ \d+ \d+ +\d+ ([0-9a-f]{64})/.exec(line)?.[1] ?? []);
      assertEquals(json["ostree-n-content-total"], new Set(files).size);
      assertEquals(
        json["ostree-n-cache-hits"] + json["ostree-n-content-written"],
        json["ostree-n-content-total"],
      );
      assert(json["ostree-content-bytes-written"] > 0);
    }),
);

Deno.test(
  "--add-metadata-from-json adds values of all kinds, and names a file that is none",
  settings,
  () =>
    withCompose(async (compose, { dir, repo }) => {
      await Deno.writeTextFile(`${dir}/a.json`, '{"k": "first", "n": 5}');
      await Deno.writeTextFile(`${dir}/b.json`, '{"k": "last", "l": ["x", true]}');
      await compose("one", { addMetadataFrom: [`${dir}/a.json`, `${dir}/b.json`] });
      const value = async (key: string) =>
        (await output(
          "ostree",
          "show",
          "--no-byteswap",
          `--repo=${repo}`,
          `--print-metadata-key=${key}`,
          "test/x",
        ))
          .trim();
      assertEquals(
        [await value("k"), await value("n"), await value("l")],
        ["'last'", "int64 5", "[<'x'>, <true>]"],
      );
      for (const text of ["[]", "{", undefined]) {
        if (text === undefined) await Deno.remove(`${dir}/b.json`);
        else await Deno.writeTextFile(`${dir}/b.json`, text);
        const error = await assertRejects(
          () => compose("two", { addMetadataFrom: [`${dir}/b.json`] }),
          ComposeError,
        );
        assertEquals(error.code, "compose/bad-metadata");
      }
    }),
);

Deno.test(
  "--layer-repo is where layers come from",
  settings,
  () =>
    withCompose(async (compose, { dir, repo }) => {
      const layerRepo = `${dir}/layers`;
      await Deno.mkdir(`${dir}/layer/usr/share`, { recursive: true });
      await Deno.writeTextFile(`${dir}/layer/usr/share/added`, "added\n");
      await run("ostree", "init", `--repo=${layerRepo}`, "--mode=archive");
      await run(
        "ostree",
        "commit",
        `--repo=${layerRepo}`,
        "-b",
        "layer",
        `--tree=dir=${dir}/layer`,
      );
      await compose("one]\nostree-layers: [layer", { layerRepo });
      assertEquals(
        await output("ostree", "cat", `--repo=${repo}`, "test/x", "/usr/share/added"),
        "added\n",
      );
    }),
);
