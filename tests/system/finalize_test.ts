import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output } from "../support/archive.ts";
import { withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";
import { diffSnapshots, takeSnapshot } from "../support/snapshot.ts";
import { commit, finalizer, install, postprocess, SMALL, SMALL_TREE } from "../support/stages.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

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
