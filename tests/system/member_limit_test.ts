import { createHash } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Repo } from "@apt-ostree/ostree";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import { writeRawDeb } from "../support/raw_deb.ts";
import { rawHeader } from "../support/raw_tar.ts";

const CHILD = new URL("../../bench/import_child.ts", import.meta.url).pathname;
const VARIABLE = "APT_OSTREE_MAX_DEB_MEMBERS";

function* directories(count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at++) yield rawHeader({ name: `./d${at}/`, flag: "5", mode: 0o755 });
}

Deno.test(`${VARIABLE} lets a package in that has more members than any of Debian`, () =>
  inTemp(async (dir) => {
    const path = `${dir}/many.deb`;
    await writeRawDeb(path, { data: directories(120_001) });
    const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
    const job = { name: "raw", version: "1", architecture: "all", sha256, path };
    await Deno.writeTextFile(`${dir}/jobs.json`, JSON.stringify([job]));
    const repo = Repo.init(`${dir}/repo`, { mode: "bare-user" });
    const run = async (limit: string) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", CHILD, repo.path, `${dir}/jobs.json`],
        env: { [VARIABLE]: limit, NO_COLOR: "1" },
      }).output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    };
    const refused = await run("");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "more than 120000 members");
    assertEquals((await run("120001")).code, 0);
    assert(Repo.open(repo.path).resolveRev("aptostree/pkg/raw/1_all") !== undefined);
  }));

const ignore = Deno.uid() !== 0 || await lacks("ostree", "dpkg-deb", "dpkg-scanpackages", "gpg");

Deno.test(
  `the program reads ${VARIABLE}, and names it where it helps`,
  { ignore },
  () =>
    withFixture(
      { debs: [{ name: "one", files: { "opt/a": "", "opt/b": "" } }], essential: false },
      async (fixture) => {
        const treefile = await fixture.treefile(`${TREEFILE}packages: [one]\n`);
        const compose = async (limit: string) => {
          Deno.env.set(VARIABLE, limit);
          try {
            return await fixture.compose(treefile);
          } finally {
            Deno.env.delete(VARIABLE);
          }
        };
        const few = await compose("2");
        assertEquals(few.code, 1);
        for (const text of ['"one_1.0_all"', "code: deb/too-large", `set ${VARIABLE}`]) {
          assertStringIncludes(few.stderr, text);
        }
        const wrong = await compose("many");
        assertStringIncludes(wrong.stderr, `Cannot use ${VARIABLE}="many"`);
        assertStringIncludes(wrong.stderr, "code: import/bad-limit");
      },
    ),
);
