import { assertEquals, assertMatch } from "@std/assert";
import { Repo } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare");
const ROOT = new URL("../..", import.meta.url).pathname;
/** Where other tests compose the minimal example, too. */
const CACHE = `${ROOT}build/test-cache/minimal`;
const REF = `debian/12/${Deno.build.arch}`;
/** The second one's packages are among the first one's. */
const EXAMPLES = [
  ["examples/debian-minimal.yaml", `${REF}/minimal`],
  ["examples/debian-tiny.yaml", `${REF}/tiny`],
] as const;

/** Commits of the examples, composed by root. */
async function composeAsRoot(): Promise<string[]> {
  const commits: string[] = [];
  await Deno.mkdir(CACHE, { recursive: true });
  await inTemp(async (dir) => {
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=archive");
    for (const [treefile, ref] of EXAMPLES) {
      const { code, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
        args: [
          ...["compose", "tree", `--repo=${repo}`, `--cachedir=${CACHE}`, ROOT + treefile],
          ...commits.length === 0 ? [] : ["--cache-only"], // sources may change in between
        ],
        env: { APT_OSTREE_DENO: Deno.execPath() },
        stderr: "piped",
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      commits.push(Repo.open(repo).requireRev(ref));
    }
  });
  return commits;
}

Deno.test("the examples composed without root are the commits that root gets", {
  ignore,
}, async () => {
  const expected = await composeAsRoot();
  await withTestUser({}, async (user) => {
    // Downloads and package lists alone are taken over: the user imports and configures everything.
    const cache = `${user.home}/cache`;
    await run("mkdir", cache);
    for (const part of ["apt", "debs"]) await run("cp", "-a", `${CACHE}/${part}`, cache);
    await run("chown", "-R", `${user.id}:${user.id}`, cache);
    const asUser = async (...argv: string[]) => {
      const { code, stdout, stderr } = await user.run(...argv);
      assertEquals(code, 0, stderr);
      return stdout.trim();
    };
    for (const mode of ["archive", "bare-user"]) {
      const repo = `${user.home}/${mode}`;
      await asUser("ostree", "init", `--repo=${repo}`, `--mode=${mode}`);
      for (const [at, [treefile, ref]] of EXAMPLES.entries()) {
        const options = ["--cache-only", `--cachedir=${cache}`, `--repo=${repo}`];
        await asUser(user.program, "compose", "tree", ...options, `${user.source}/${treefile}`);
        const commit = await asUser("ostree", "rev-parse", `--repo=${repo}`, ref);
        assertEquals(commit, expected[at], `${treefile} in a repository of mode ${mode}`);
      }
      await asUser("ostree", "fsck", "--quiet", `--repo=${repo}`);
      const dest = `${user.home}/checkout`;
      await asUser("ostree", "checkout", "--user-mode", `--repo=${repo}`, `${REF}/minimal`, dest);
      assertMatch(await Deno.readTextFile(`${dest}/usr/lib/os-release`), /^ID=debian$/m);
      assertEquals(await output("find", repo, dest, "!", "-user", String(user.id)), "");
      await asUser("rm", "-rf", dest, repo);
    }
    assertEquals(await user.leftovers(), []);
    await asUser("rm", "-rf", cache); // the user needs no namespace for it
  });
});
