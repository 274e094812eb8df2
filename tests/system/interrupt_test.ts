import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, takeSnapshot } from "../support/snapshot.ts";

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

/** Start a compose and wait until its slow program runs. */
async function startSlow(
  fixture: Fixture,
  treefile: string,
  word: string,
  args: readonly string[] = ["tree", `--repo=${fixture.repo}`, treefile],
): Promise<Deno.ChildProcess> {
  const child = fixture.spawn("compose", ...args);
  for (let i = 0; (await processes(word)).length === 0; i++) {
    if (i > 600) throw new Error("the script never ran");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return child;
}

/** Wait until what ran in a sandbox has ended with its owner. */
async function gone(word: string): Promise<void> {
  for (let i = 0; i < 50 && (await processes(word)).length > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assertEquals(await processes(word), [], "the sandbox outlives its owner");
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
      await gone("3602");
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

/** Commands that write a directory, and whose packages take their time. */
const WRITERS: Readonly<Record<string, (fixture: Fixture, treefile: string) => string[]>> = {
  install: ({ dir, repo }, treefile) => ["install", `--repo=${repo}`, treefile, `${dir}/made`],
  rootfs: ({ dir, repo }, treefile) => ["rootfs", `--ostree-repo=${repo}`, treefile, `${dir}/made`],
  image: ({ dir, repo }, treefile) => [
    ...["image", "--initialize", `--cachedir=${repo}/extensions/aptostree`, "--format=oci"],
    ...[treefile, `${dir}/made`],
  ],
};

/** Everything below the directory of a test that a call left which ended early. */
async function left({ dir, repo }: Fixture): Promise<string[]> {
  const script = 'find "$1" -path "$2/objects" -prune -o ' +
    '\\( -name "txn-*" -o -name "staging-*" -o -name .apt-ostree -o -path "*/images/*" \\) ' +
    '-prune -print; ls -d "$1/made" 2> /dev/null || true';
  const found = await output("sh", "-c", script, "sh", dir, repo);
  return found.trim().split("\n").filter((line) => line !== "");
}

for (const [name, args] of Object.entries(WRITERS)) {
  Deno.test(
    `Ctrl-C and kill -9 in compose ${name} leave nothing that stays`,
    { ignore },
    () =>
      withFixture({ debs: [slow("3605")] }, async (fixture) => {
        const treefile = await fixture.treefile(
          `${TREEFILE}packages: [test-slow, usr-is-merged]\n`,
        );
        const before = await mounts();
        const asked = await startSlow(fixture, treefile, "3605", args(fixture, treefile));
        asked.kill("SIGINT");
        const { code, stderr } = await asked.output();
        assertEquals(code, 130);
        assertStringIncludes(new TextDecoder().decode(stderr), "error: Cancelled");
        assertEquals([await processes("3605"), await left(fixture)], [[], []]);
        const killed = await startSlow(fixture, treefile, "3605", args(fixture, treefile));
        killed.kill("SIGKILL");
        await killed.output();
        await gone("3605");
        assertEquals(await mounts(), before);
        const whole = `${fixture.dir}/made${name === "install" ? "/rootfs" : ""}`;
        assertEquals(await Deno.stat(whole).then(() => true, () => false), false);
        const next = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
        const second = await fixture.run("compose", ...args(fixture, next));
        assertEquals(second.code, 0, second.stderr);
        assertEquals(await left(fixture), [`${fixture.dir}/made`]);
        await output(
          "ostree",
          "fsck",
          "--quiet",
          `--repo=${fixture.repo}/extensions/aptostree/repo`,
        );
      }),
  );
}

for (const name of ["postprocess", "commit"]) {
  Deno.test(`Ctrl-C and kill -9 in compose ${name} leave the root file system, and no commit`, {
    ignore,
  }, () =>
    withFixture({}, async (fixture) => {
      const { dir, repo } = fixture;
      const treefile = await fixture.treefile(`${TREEFILE}packages: [usr-is-merged]\n`);
      const install = ["compose", "install", `--repo=${repo}`, treefile, `${dir}/build`];
      assertEquals((await fixture.run(...install)).code, 0);
      const rootfs = `${dir}/build/rootfs`;
      const program = `${dir}/finalize.d/wait`;
      await Deno.mkdir(`${dir}/finalize.d`);
      await Deno.writeTextFile(program, "#!/bin/sh\nexec sleep 3606\n", { mode: 0o755 });
      const args = name === "commit"
        ? ["commit", `--repo=${repo}`, treefile, rootfs]
        : ["postprocess", rootfs, treefile];
      const before = [await takeSnapshot(rootfs), await mounts()] as const;
      for (const signal of ["SIGINT", "SIGKILL"] as const) {
        const child = await startSlow(fixture, treefile, "3606", args);
        child.kill(signal);
        const { code } = await child.output();
        assertEquals(code, signal === "SIGINT" ? 130 : 137);
        // A program of the machine's own does not end with its caller: it is no one's to kill.
        for (const line of await processes("3606")) Deno.kill(Number.parseInt(line), "SIGKILL");
        if (signal === "SIGINT") assertEquals(await left(fixture), []);
        assertEquals(diffSnapshots(before[0], await takeSnapshot(rootfs)), []);
        assertEquals(await mounts(), before[1]);
        assertEquals(await output("ostree", "refs", `--repo=${repo}`), "");
      }
      await Deno.remove(program);
      const ended = await fixture.run("compose", ...args);
      assertEquals(ended.code, 0, ended.stderr);
      assertEquals(await left(fixture), []);
    }));
}
