import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { fsck, Repo } from "@apt-ostree/ostree";
import { makeDeb, output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "dpkg-deb");
const CHILD = new URL("../../bench/import_child.ts", import.meta.url).pathname;
readXattrs("/"); // loads the C library before a test can be blamed for it

/** Packages that share files, and a file with the jobs to import them. */
async function makeJobs(dir: string): Promise<string> {
  const jobs = await Promise.all(Array.from({ length: 24 }, async (_, at) => {
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, file) => [
        `usr/share/p${at}/f${file}`,
        `${file < 30 ? "shared" : at} ${file}\n`.repeat(400),
      ]),
    );
    const path = await makeDeb(dir, { name: `p${at}`, files });
    const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
    return { name: `p${at}`, version: "1.0", architecture: "all", sha256, path };
  }));
  await Deno.writeTextFile(`${dir}/jobs.json`, JSON.stringify(jobs));
  return `${dir}/jobs.json`;
}

function start(repo: string, jobs: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", CHILD, repo, jobs],
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** The refs of a repository that one import alone fills. */
async function expected(dir: string, jobs: string): Promise<Map<string, string>> {
  const repo = Repo.init(`${dir}/alone`, { mode: "bare" });
  const { success, stderr } = await start(repo.path, jobs).output();
  assert(success, new TextDecoder().decode(stderr));
  assertEquals(repo.listRefs().size, 24);
  return repo.listRefs();
}

Deno.test(
  "three processes that import the same packages at once agree",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const jobs = await makeJobs(dir);
      const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
      const all = await Promise.all([1, 2, 3].map(() => start(repo.path, jobs).output()));
      for (const { success, stderr } of all) assert(success, new TextDecoder().decode(stderr));
      assertEquals(repo.listRefs(), await expected(dir, jobs));
      assertEquals((await fsck(repo)).problems, []);
      await run("ostree", "fsck", "--quiet", `--repo=${repo.path}`);
    }),
);

Deno.test("an import that is killed at any moment leaves a repository that the next completes", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const jobs = await makeJobs(dir);
    const whole = await expected(dir, jobs);
    const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
    let partial = 0;
    for (let at = 0; at < 12; at++) {
      const child = start(repo.path, jobs);
      let ended = false;
      const output = child.output().finally(() => ended = true);
      // At a moment of its own each time: at once, or after one more package has come.
      const before = repo.listRefs().size + (at % 3);
      while (!ended && repo.listRefs().size <= before) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (!ended) child.kill("SIGKILL");
      await output;
      await run("ostree", "fsck", "--quiet", `--repo=${repo.path}`);
      const refs = repo.listRefs();
      if (refs.size > 0 && refs.size < whole.size) partial++;
      for (const [ref, commit] of refs) assertEquals(commit, whole.get(ref), ref);
    }
    assert(partial > 0, "no kill came while packages were being imported");
    const { success, stderr } = await start(repo.path, jobs).output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(repo.listRefs(), whole);
    assertEquals((await fsck(repo)).problems, []);
    const left = await output("sh", "-c", 'ls "$1"/tmp | grep -v cache || true', "sh", repo.path);
    assertEquals(left, "");
  }));
