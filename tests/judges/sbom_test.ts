import { assertEquals, assertNotEquals } from "@std/assert";
import { output } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { installJudges, judge } from "./python.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap", "python3");
if (!ignore) await installJudges();

interface Spdx {
  readonly problems: string[];
  readonly packages: Record<string, string>;
  readonly licenses: Record<string, string>;
  readonly files: number;
}

interface CycloneDx {
  readonly problems: string[];
  readonly packages: Record<string, { name: string; version: string; type: string }>;
  readonly dependencies: number;
}

/** Write a bill of materials of the composed system. @returns Its path. */
async function writeSbom(fixture: Fixture, ...args: string[]): Promise<string> {
  const path = `${fixture.dir}/sbom-${args.join("-")}.json`;
  const ended = await fixture.run(
    "compose",
    "sbom",
    `--repo=${fixture.repo}`,
    "test/x",
    ...args,
    "-o",
    path,
  );
  assertEquals(ended.code, 0, ended.stderr);
  return path;
}

Deno.test("bills of materials of real packages are whole by the word of their own projects", {
  ignore,
}, () =>
  withFixture({}, async (fixture) => {
    const treefile = `${TREEFILE}packages: [apt, usr-is-merged]\nsbom: [cyclonedx, spdx]\n`;
    const composed = await fixture.compose(await fixture.treefile(treefile));
    assertEquals(composed.code, 0, composed.stderr);
    const commit = (await output("ostree", "rev-parse", `--repo=${fixture.repo}`, "test/x")).trim();
    const beside = `${fixture.repo}/extensions/aptostree/sbom/${commit}`;
    const listed = (await fixture.run("db", "list", `--repo=${fixture.repo}`, "test/x")).stdout
      .trimEnd().split("\n").slice(1).map((line) => line.trim().split("_")[0]!);

    for (const files of [[], ["--files"]]) {
      const path = await writeSbom(fixture, "--format=spdx", ...files);
      const spdx = await judge<Spdx>("judge_spdx.py", path);
      assertEquals(spdx.problems, []);
      const names = Object.values(spdx.packages);
      assertEquals(names.toSorted(), [...listed, "test/x"].toSorted());
      assertEquals(spdx.licenses["apt"]?.includes("GPL-2.0-or-later"), true);
      assertEquals(spdx.files > 1000, files.length > 0);
      const other = await writeSbom(fixture, "--format=cyclonedx", ...files);
      const cyclonedx = await judge<CycloneDx>("judge_cyclonedx.py", other);
      assertEquals(cyclonedx.problems, []);
      const components = Object.values(cyclonedx.packages).map(({ name }) => name);
      assertEquals(components.toSorted(), listed.toSorted());
      assertEquals(cyclonedx.dependencies > listed.length, true);
      if (files.length > 0) continue;
      assertEquals(await Deno.readTextFile(`${beside}.spdx.json`), await Deno.readTextFile(path));
      assertEquals(await Deno.readTextFile(`${beside}.cdx.json`), await Deno.readTextFile(other));
    }

    const path = `${fixture.dir}/broken.json`;
    const text = await Deno.readTextFile(`${beside}.spdx.json`);
    await Deno.writeTextFile(
      path,
      text.replace('"SPDXRef-Package-apt-', '"SPDXRef-Package-other-'),
    );
    assertNotEquals((await judge<Spdx>("judge_spdx.py", path)).problems, []);
  }));
