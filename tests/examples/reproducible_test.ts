import { assertEquals, assertMatch } from "@std/assert";
import { Repo } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { lacks } from "../support/lacks.ts";
import { testCache } from "../support/real_debs.ts";
import { type TestUser, withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare", "taskset");
const ROOT = new URL("../..", import.meta.url).pathname;
const PREFIX = `debian/12/${Deno.build.arch}`;
const EPOCH = "1790000000";
const EXAMPLES = [
  ["debian-minimal.yaml", `${PREFIX}/minimal`],
  ["debian-server.yaml", `${PREFIX}/server`],
] as const;

/** Where .debs, package lists and locks are that both sides begin from. */
interface Shared {
  readonly cache: string;
  /** Path of an example's lock. */
  lock(treefile: string): string;
}

/** Fetch packages without importing them, and write down which ones they are. */
async function fetchPackages(dir: string): Promise<Shared> {
  const cache = `${testCache()}/examples`;
  await Deno.mkdir(cache, { recursive: true });
  const lock = (treefile: string) => `${dir}/${treefile}.lock`;
  const repo = `${dir}/none`;
  await run("ostree", "init", `--repo=${repo}`, "--mode=archive");
  for (const [treefile] of EXAMPLES) {
    const { code, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
      args: [
        ...["compose", "tree", "--download-only-debs", `--cachedir=${cache}`, `--repo=${repo}`],
        ...[`--ex-write-lockfile-to=${lock(treefile)}`, `${ROOT}examples/${treefile}`],
      ],
      env: { APT_OSTREE_DENO: Deno.execPath() },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
  return { cache, lock };
}

/**
 * Compose the examples as root, on all cores, from this checkout into an archive.
 *
 * @returns Their commits.
 */
async function composeHere(dir: string, { cache, lock }: Shared): Promise<string[]> {
  const [mine, repo] = [`${dir}/cache`, `${dir}/repo`];
  await run("mkdir", mine);
  for (const part of ["apt", "debs"]) await run("cp", "-a", `${cache}/${part}`, mine);
  await run("ostree", "init", `--repo=${repo}`, "--mode=archive");
  for (const [treefile] of EXAMPLES) {
    const { code, stderr } = await new Deno.Command("sh", {
      args: [
        ...["-c", 'umask 022 && exec "$@"', "sh", `${ROOT}bin/apt-ostree`],
        ...["compose", "tree", "--cache-only", `--cachedir=${mine}`, `--repo=${repo}`],
        ...[`--ex-lockfile=${lock(treefile)}`, "--ex-lockfile-strict"],
        `${ROOT}examples/${treefile}`,
      ],
      env: {
        ...{ APT_OSTREE_DENO: Deno.execPath(), SOURCE_DATE_EPOCH: EPOCH },
        ...{ TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" },
      },
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
  return EXAMPLES.map(([, ref]) => Repo.open(repo).requireRev(ref));
}

/**
 * Compose them as a user without any right, on one core of a machine with another name, in another zone
 * and language, from treefiles elsewhere, into a repository of another kind.
 */
async function composeElsewhere(user: TestUser, { cache, lock }: Shared): Promise<string[]> {
  const [mine, repo, sources] = ["a cache", "elsewhere/repo", "tree-files"].map((name) =>
    `${user.home}/${name}`
  ) as [string, string, string];
  await run("mkdir", "-p", mine, `${user.home}/elsewhere`, sources);
  await run("sh", "-c", 'cp -r "$1"/examples/. "$2"', "sh", ROOT, sources);
  for (const part of ["apt", "debs"]) await run("cp", "-a", `${cache}/${part}`, mine);
  for (const [treefile] of EXAMPLES) await run("cp", lock(treefile), sources);
  await run("chown", "-R", `${user.id}:${user.id}`, user.home);
  const env = {
    ...{ SOURCE_DATE_EPOCH: EPOCH, TZ: "Pacific/Kiritimati" },
    ...{ LANG: "de_DE.UTF-8", LC_ALL: "tr_TR.UTF-8", LANGUAGE: "tr:de" },
  };
  const asUser = async (...argv: string[]) => {
    const script = 'umask 077 && exec taskset --cpu-list 0 "$@"';
    const { code, stdout, stderr } = await user.command(["sh", "-c", script, "sh", ...argv], {
      env,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  assertEquals(
    await asUser("sh", "-c", "uname -n; nproc; id -u; date +%z; umask"),
    `other-host\n1\n${user.id}\n+1400\n0077\n`,
  );
  await asUser("ostree", "init", `--repo=${repo}`, "--mode=bare-user");
  for (const [treefile] of EXAMPLES) {
    await asUser(
      ...[user.program, "compose", "tree", "--cache-only", `--cachedir=${mine}`],
      ...[`--repo=${repo}`, `--ex-lockfile=${sources}/${treefile}.lock`, "--ex-lockfile-strict"],
      `${sources}/${treefile}`,
    );
  }
  return await Promise.all(
    EXAMPLES.map(async ([, ref]) =>
      (await output("ostree", "rev-parse", `--repo=${repo}`, ref)).trim()
    ),
  );
}

Deno.test(
  "one lock makes one commit, whoever composes it, and where",
  { ignore },
  () =>
    withTestUser({ hostName: "other-host" }, async (user) => {
      const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
      try {
        const shared = await fetchPackages(dir);
        // Side by side: the user has one core alone.
        const [here, elsewhere] = await Promise.all([
          composeHere(dir, shared),
          composeElsewhere(user, shared),
        ]);
        assertEquals(elsewhere, here);
        for (const commit of here) assertMatch(commit, /^[0-9a-f]{64}$/);
      } finally {
        await run("rm", "-rf", dir);
      }
    }),
);
