import { assert, assertEquals, assertRejects } from "@std/assert";
import { OfdLock, readXattrs } from "@apt-ostree/base";
import { commitTree, fsck, prune, pullLocal, Repo, RepoError, Tree } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { SHORT } from "../support/effort.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "mkfifo");
readXattrs("/"); // loads the C library before a test can be blamed for it
const WORK = new URL("./change_repositories.ts", import.meta.url).pathname;
/** How often a process is killed. */
const KILLS = SHORT ? 20 : 200;
/** How long three processes work against one another, in seconds. */
const RACE = SHORT ? 5 : 60;

/** Start the program that works without end, and wait until it has begun. */
async function startWork(...args: string[]): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", WORK, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  assertEquals(new TextDecoder().decode(value).slice(0, 5), "begun");
  return child;
}

function makeRepos(dir: string, mode: "archive" | "bare"): { repo: Repo; target: Repo } {
  const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
  const target = Repo.init(`${dir}/target`, { mode });
  for (const each of [repo, target]) {
    each.changeConfig((config) => config.get("core")!.set("fsync", "false"));
  }
  return { repo, target };
}

/** Kill at random moments; after each, ostree finds nothing wrong. */
async function killOften(kills: number, mode: "archive" | "bare"): Promise<void> {
  await inTemp(async (dir) => {
    const { repo, target } = makeRepos(dir, mode);
    for (let at = 0; at < kills; at++) {
      const child = await startWork("all", dir, "main");
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
      child.kill("SIGKILL");
      await child.stdout.cancel();
      await child.status;
      for (const each of [repo, target]) {
        await run("ostree", "fsck", "--quiet", `--repo=${each.path}`);
      }
      // The same again, to its end, beside what the dead process left.
      using txn = repo.transaction();
      const tree = Tree.fromCommit(repo, "main");
      const sum = commitTree(txn, tree.write(txn), { refs: ["main"], timestamp: at });
      txn.commit();
      await pullLocal(repo, target, [sum], { refs: new Map([["main", sum]]) });
      for (const each of [repo, target]) {
        prune(each, { depth: 0 });
        assertEquals((await fsck(each)).problems, []);
        const left = [...Deno.readDirSync(`${each.path}/tmp`)].map(({ name }) => name);
        assertEquals(left.filter((name) => name !== "cache"), []); // which ostree makes
      }
      assertEquals(target.resolveRev("main"), sum);
    }
  });
}

Deno.test(
  `kill -9 at ${KILLS} random moments of commit, pull and prune loses nothing and leaves nothing`,
  { ignore },
  async () => {
    await Promise.all([killOften(KILLS / 2, "archive"), killOften(KILLS / 2, "bare")]);
  },
);

Deno.test(`two processes that commit and one that prunes lose nothing in ${RACE} seconds`, {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const { repo } = makeRepos(dir, "archive");
    const jobs = [["commit", "one"], ["commit", "two"], ["prune", "none"]] as const;
    const rounds = await Promise.all(jobs.map(async ([what, name]) => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", WORK, what, dir, name, `${RACE}`],
      }).output();
      assert(success, `${what}: ${new TextDecoder().decode(stderr)}`);
      return Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
    }));
    assert(rounds.every((count) => count > RACE), `too little happened: ${rounds}`);
    await run("ostree", "fsck", "--quiet", `--repo=${repo.path}`);
    assertEquals((await fsck(repo)).problems, []);
    assertEquals([...repo.listRefs().keys()], ["one", "two"]);
    for (const ref of ["one", "two"]) {
      for (const [, entry] of Tree.fromCommit(repo, ref).walk()) {
        if (entry.type === "file") repo.readFile(entry.checksum);
      }
    }
  }));

Deno.test(
  "our locks exclude ostree's, and ostree's exclude ours",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const { repo } = makeRepos(dir, "archive");
      repo.changeConfig((config) => config.get("core")!.set("lock-timeout-secs", "0"));
      await Deno.mkdir(`${dir}/tree`);
      const commit = ["ostree", "commit", `--repo=${repo.path}`, "--branch=theirs"];
      const pruneTheirs = ["ostree", "prune", `--repo=${repo.path}`];
      {
        using _writing = repo.transaction();
        await run(...commit, `--tree=dir=${dir}/tree`);
        const locked = await assertRejects(() => run(...pruneTheirs), Error);
        assert(/lock/i.test(locked.message), locked.message);
        const ours = await assertRejects(async () => await prune(repo), RepoError);
        assertEquals(ours.code, "repo/locked");
      }
      {
        using lock = OfdLock.tryTake(`${repo.path}/.lock`, "exclusive");
        assert(lock !== undefined);
        const locked = await assertRejects(() => run(...commit, `--tree=dir=${dir}/tree`), Error);
        assert(/lock/i.test(locked.message), locked.message);
        const ours = await assertRejects(async () => await repo.transaction(), RepoError);
        assertEquals(ours.code, "repo/locked");
      }
      await run(...pruneTheirs);

      // A commit of ostree's that waits for its input holds the lock in its shared form.
      await run("mkfifo", `${dir}/tar`);
      const theirs = new Deno.Command("ostree", {
        args: [...commit.slice(1), `--tree=tar=${dir}/tar`],
        stdout: "null",
        stderr: "null",
      }).spawn();
      using input = await Deno.open(`${dir}/tar`, { write: true });
      let held = false;
      for (let at = 0; at < 100 && !held; at++) {
        using lock = OfdLock.tryTake(`${repo.path}/.lock`, "exclusive");
        held = lock === undefined;
        if (!held) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert(held, "ostree takes no lock that we see");
      const refused = await assertRejects(async () => await prune(repo), RepoError);
      assertEquals(refused.code, "repo/locked");
      using shared = repo.transaction();
      shared.abort();
      theirs.kill("SIGKILL");
      await theirs.status;
      await input.write(new Uint8Array()).catch(() => {});
      assertEquals(prune(repo).deleted >= 0, true);
      assertEquals((await output("ostree", "refs", `--repo=${repo.path}`)).trim(), "theirs");
    }),
);
