import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

/** A package whose postinst says when it runs, and then takes its time. */
function slow(seconds: string) {
  return {
    name: "test-slow",
    control: { postinst: `#!/bin/sh\n[ "$1" = configure ] || exit 0\nsleep ${seconds}\n` },
  };
}

async function temporary({ repo }: Fixture): Promise<string[]> {
  const found = await output(
    "sh",
    "-c",
    'ls -d "$1"/extensions/aptostree/tmp/txn-* "$1"/tmp/staging-* 2> /dev/null || true',
    "sh",
    repo,
  );
  return found.trim().split("\n").filter((line) => line !== "");
}

/** Processes, by pid, whose command line has the word; a process that ended while we look has none. */
async function processes(word: string): Promise<string[]> {
  const text = await output("ps", "-eo", "pid,args");
  return text.split("\n").filter((line) => line.includes(`sleep ${word}`));
}

/** Start a compose and wait until its slow script runs. */
async function startSlow(
  fixture: Fixture,
  treefile: string,
  word: string,
): Promise<Deno.ChildProcess> {
  const child = fixture.spawn("compose", "tree", `--repo=${fixture.repo}`, treefile);
  for (let i = 0; (await processes(word)).length === 0; i++) {
    if (i > 600) throw new Error("the script never ran");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}

const mounts = () => Deno.readTextFile("/proc/self/mountinfo");

Deno.test(
  "Ctrl-C leaves nothing: no process, no mount, no file, no ref",
  { ignore },
  () =>
    withFixture({ debs: [slow("3601")] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-slow, usr-is-merged]\n`);
      const before = await mounts();
      const child = await startSlow(fixture, treefile, "3601");
      assertEquals(await mounts(), before, "a mount shows in the host's namespace");
      child.kill("SIGINT");
      const { code, stderr } = await child.output();
      assertEquals(code, 130);
      assertStringIncludes(new TextDecoder().decode(stderr), "error: Cancelled");
      assertEquals(await processes("3601"), []);
      assertEquals(await mounts(), before);
      assertEquals(await temporary(fixture), []);
      assertEquals(await output("ostree", "refs", `--repo=${fixture.repo}`), "");
    }),
);

Deno.test(
  "after kill -9 the next compose sweeps what was left, and ends",
  { ignore },
  () =>
    withFixture({ debs: [slow("3602")] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [test-slow, usr-is-merged]\n`);
      const before = await mounts();
      const child = await startSlow(fixture, treefile, "3602");
      child.kill("SIGKILL");
      await child.output();
      for (let i = 0; i < 50 && (await processes("3602")).length > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assertEquals(await processes("3602"), [], "the sandbox outlives its owner");
      assertEquals(await mounts(), before);
      assertEquals((await temporary(fixture)).length, 1);
      const next = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
      const second = await fixture.compose(next);
      assertEquals(second.code, 0, second.stderr);
      assertStringIncludes(second.stdout, " 0 newly imported");
      assertEquals(await temporary(fixture), []);
      await output("ostree", "fsck", "--quiet", `--repo=${fixture.repo}`);
      await output("ostree", "fsck", "--quiet", `--repo=${fixture.repo}/extensions/aptostree/repo`);
    }),
);

Deno.test("of two composes on one repository the second waits with a message, or refuses", {
  ignore,
}, () =>
  withFixture({ debs: [slow("6.3")] }, async (fixture) => {
    const treefile = await fixture.treefile(`${TREEFILE}packages: [test-slow, usr-is-merged]\n`);
    const first = await startSlow(fixture, treefile, "6.3");
    const refused = await fixture.compose(treefile, "--no-wait");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "code: compose/busy");
    const other = `${fixture.dir}/other`;
    await output("ostree", "init", `--repo=${other}`, "--mode=archive");
    const cachedir = `--cachedir=${fixture.repo}/extensions/aptostree`;
    const shared = await fixture.run(
      "compose",
      "tree",
      `--repo=${other}`,
      cachedir,
      "--no-wait",
      treefile,
    );
    assertStringIncludes(shared.stderr, "code: compose/busy");
    const waited = await fixture.compose(treefile);
    assertEquals(waited.code, 0, waited.stderr);
    assertMatch(waited.stderr, /^Waiting for another compose that uses "/m);
    assertStringIncludes(waited.stdout, "No changes since commit");
    assertEquals((await first.output()).code, 0);
  }));
