import { Ajv2020 } from "ajv/dist/2020.js";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeArchive, makeDeb, output, run } from "../support/archive.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");
const SCHEMA = new URL("../../docs/lockfile.schema.json", import.meta.url);

Deno.test("a lockfile gives the same packages again, whatever the sources have since", {
  ignore,
}, () =>
  withFixture({
    debs: [{ name: "test-a", fields: { Depends: "test-b" } }, { name: "test-b" }],
  }, async (fixture) => {
    const { dir } = fixture;
    const treefile = await fixture.treefile(`${TREEFILE}packages: [test-a, usr-is-merged]\n`);
    const lock = `${dir}/lock.json`;
    const first = await fixture.compose(treefile, `--ex-write-lockfile-to=${lock}`, "--dry-run");
    assertEquals(first.code, 0, first.stderr);
    const text = await Deno.readTextFile(lock);
    const validate = new Ajv2020({ validateFormats: false })
      .compile(JSON.parse(await Deno.readTextFile(SCHEMA)));
    assertEquals([validate(JSON.parse(text)), validate.errors], [true, null]);
    assertEquals(validate({ packages: { a: { evra: "1.all", oops: 1 } } }), false);

    // The archive moves on: test-b has a newer version, and test-a needs one package more.
    const archive = `${dir}/archive`;
    await makeDeb(archive, { name: "test-b", version: "2.0" });
    await makeDeb(archive, { name: "test-c" });
    await run("rm", "-rf", `${archive}/gnupg`);
    const { sources } = await makeArchive(archive);
    await Deno.writeTextFile(`${dir}/archive.sources`, sources);
    const dry = (...args: string[]) => fixture.compose(treefile, "--dry-run", ...args);
    assertStringIncludes((await dry()).stdout, "  test-b_2.0_all");
    const locked = await dry(`--ex-lockfile=${lock}`, "--ex-lockfile-strict");
    assertEquals(locked.code, 0, locked.stderr);
    assertEquals(locked.stdout.replace(/ \(.*/gm, ""), first.stdout.replace(/ \(.*/gm, ""));
    assertStringIncludes(locked.stdout, "  test-b_1.0_all");

    // Without network, from what was fetched: the same once more, written as a commit.
    const composed = await fixture.compose(treefile, `--ex-lockfile=${lock}`);
    assertEquals(composed.code, 0, composed.stderr);
    const offline = await fixture.compose(treefile, `--ex-lockfile=${lock}`, "--cache-only");
    assertStringIncludes(offline.stdout, "No changes since commit");

    // Not even the packages are there any more: the whole compose again, into another repository.
    const move = (from: string, to: string) =>
      run("sh", "-c", 'mkdir -p "$2" && mv "$1"/*.deb "$2"', "sh", from, to);
    await move(archive, `${dir}/away`);
    const other = `${dir}/other`;
    await run("ostree", "init", `--repo=${other}`, "--mode=bare");
    const cut = await fixture.run(
      ...["compose", "tree", `--repo=${other}`, `--cachedir=${fixture.repo}/extensions/aptostree`],
      ...[`--ex-lockfile=${lock}`, "--ex-lockfile-strict", "--cache-only", treefile],
    );
    assertEquals(cut.code, 0, cut.stderr);
    const commit = (repo: string) => output("ostree", `--repo=${repo}`, "rev-parse", "test/x");
    assertEquals(await commit(other), await commit(fixture.repo));
    await move(`${dir}/away`, archive);

    // A package more is taken if the lock is not strict, and refused if it is.
    const more = await fixture.treefile(`${TREEFILE}packages: [test-a, test-c, usr-is-merged]\n`);
    const relaxed = await fixture.compose(more, "--dry-run", `--ex-lockfile=${lock}`);
    assertStringIncludes(relaxed.stdout, "  test-c_1.0_all");
    assertStringIncludes(relaxed.stdout, "  test-b_1.0_all");
    const strict = await fixture.compose(
      more,
      "--dry-run",
      `--ex-lockfile=${lock}`,
      "--ex-lockfile-strict",
    );
    assertEquals(strict.code, 1);
    assertStringIncludes(strict.stderr, 'Cannot install "test-c": test-c is not locked');
    assertStringIncludes(strict.stderr, "Add test-c to the lockfile");

    const cases: [change: (text: string) => string, code: string, said: string][] = [
      [
        (text) =>
          text.replace(/("test-b": \{\s*"evra": "1.0.all",\s*"digest": "sha256:)..../, "$10000"),
        "apt/locked-differently",
        'Cannot use "test-b": the lock wants SHA-256 0000',
      ],
      [
        (text) => text.replace(/("test-b": \{\s*"evra": ")1\.0/, "$17.7"),
        "apt/locked-differently",
        'Cannot use "test-b": the lock wants 7.7, the sources have 2.0',
      ],
      [() => "packages: {a: {evr: 1.0}}", "format/bad-lockfile", "packages.a.evr is no text"],
      [() => "packages: {a: {}}", "format/bad-lockfile", "just one of evra, evr and version"],
      [() => "package: {}", "format/bad-lockfile", 'the unknown key "package"'],
      [() => "{", "format/bad-lockfile", "Cannot read lockfile"],
      [() => "packages: []", "format/bad-lockfile", "packages is no map"],
    ];
    for (const [change, code, said] of cases) {
      await Deno.writeTextFile(`${dir}/bad.json`, change(text));
      const refused = await dry(`--ex-lockfile=${dir}/bad.json`);
      assertEquals(refused.code, 1, said);
      assertStringIncludes(refused.stderr, said);
      assertStringIncludes(refused.stderr, `code: ${code}`);
    }
    const none = await dry(`--ex-lockfile=${dir}/none.json`);
    assertStringIncludes(none.stderr, "there is no such file");
    const alone = await dry("--ex-lockfile-strict");
    assertEquals(alone.code, 2);
  }));
