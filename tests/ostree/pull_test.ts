import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ProgressEvent, readXattrs, RunError } from "@apt-ostree/base";
import {
  commitTree,
  fsck,
  generateDelta,
  prune,
  pullLocal,
  pullRemote,
  readLog,
  readPath,
  readRemotes,
  readSummary,
  RefError,
  Repo,
  RepoError,
  setRemote,
  Tree,
  updateSummary,
  variant,
} from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "script");
readXattrs("/"); // loads the C library before a test can be blamed for it

/** A repository with a history of three commits, of 40 files each of which one changes. */
function makeHistory(dir: string): { repo: Repo; commits: string[] } {
  const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
  const commits: string[] = [];
  const tree = Tree.empty(repo);
  for (let at = 0; at < 3; at++) {
    using txn = repo.transaction();
    for (let file = at === 0 ? 0 : 39; file < 40; file++) {
      const body = new TextEncoder().encode(`file ${file} of commit ${at}\n`.repeat(200));
      tree.mkdir(`usr/d${file % 4}`);
      tree.putFile(
        `usr/d${file % 4}/f${file}`,
        txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body),
      );
    }
    if (at === 0) tree.putLink(txn, "usr/link", "d3/f39");
    commits.push(commitTree(txn, tree.write(txn), {
      refs: ["os/stable"],
      timestamp: 1700000000 + at,
      subject: `Commit ${at}`,
      metadata: new Map([["version", variant("s", `${at}`)]]),
    }));
    txn.commit();
  }
  return { repo, commits };
}

/** Serve a directory on the loopback interface. */
function serve(dir: string): { url: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      const file = await Deno.readFile(dir + decodeURIComponent(new URL(request.url).pathname));
      return new Response(file);
    } catch {
      return new Response("no such file", { status: 404 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

Deno.test("pullRemote() pulls over HTTP with progress, and says what ostree said", {
  ignore,
  sanitizeResources: false, // ostree keeps connections to the server of this process
}, () =>
  inTemp(async (dir) => {
    const { repo, commits } = makeHistory(dir);
    await updateSummary(repo);
    assertEquals(readSummary(repo)?.refs.get("os/stable"), {
      checksum: commits[2]!,
      size: (await Deno.stat(repo.objectPath(commits[2]!, "commit"))).size,
      timestamp: 1700000002,
      version: "2",
    });
    await using server = serve(dir);
    const target = Repo.init(`${dir}/tar'get`, { mode: "archive" });
    setRemote(target, "origin", { url: `${server.url}/repo`, "gpg-verify": "false" });
    assertEquals(readRemotes(Repo.open(target.path)).get("origin")?.url, `${server.url}/repo`);
    const events: ProgressEvent[] = [];
    await pullRemote(target.path, "origin", {
      refs: ["os/stable"],
      depth: 1,
      progress: (event) => events.push(event),
    });
    assertEquals(target.resolveRev("origin:os/stable"), commits[2]);
    assertEquals([...readLog(target, "origin:os/stable")].map(({ checksum }) => checksum), [
      commits[2]!,
      commits[1]!,
    ]);
    assertEquals((await fsck(target)).problems, []);
    assertEquals(events[0]?.type, "phase-start");
    const end = events.at(-1);
    assert(end?.type === "phase-end" && /\d+ content objects fetched/.test(end.summary ?? ""));

    const failed = await assertRejects(
      () => pullRemote(target.path, "origin", { refs: ["no/such"], progress: () => {} }),
      RunError,
    );
    assert(/no\/such/.test(failed.message), failed.message);
    await assertRejects(() => pullRemote(target.path, "nowhere"), RunError, "nowhere");

    // A static delta brings the same commit, and goes when its commit does.
    await generateDelta(repo, commits[1]!, commits[2]!);
    await updateSummary(repo);
    assertEquals([...readSummary(repo)!.staticDeltas.keys()], [`${commits[1]}-${commits[2]}`]);
    const second = Repo.init(`${dir}/second`, { mode: "bare" });
    setRemote(second, "origin", { url: `${server.url}/repo`, "gpg-verify": "false" });
    await pullRemote(second.path, "origin", { refs: [commits[1]!] });
    await pullRemote(second.path, "origin", { refs: ["os/stable"], requireStaticDeltas: true });
    assertEquals((await fsck(second)).problems, []);
    using txn = repo.transaction();
    txn.setRef("os/stable", commits[1]!);
    txn.commit();
    prune(repo);
    assertEquals(
      await output("ostree", "static-delta", "list", `--repo=${repo.path}`),
      "(No static deltas)\n",
    );
    const bare = Repo.init(`${dir}/bare`, { mode: "bare" });
    await assertRejects(
      () => generateDelta(bare, null, commits[1]!),
      RepoError,
      "its mode is bare",
    );
    setRemote(target, "origin", null);
    assertEquals(readRemotes(target).size, 0);
  }));

Deno.test("pullLocal() brings parents as deep as asked, and completes commits that came in part", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const { repo, commits } = makeHistory(dir);
    const [first, second, third] = commits as [string, string, string];
    const target = Repo.init(`${dir}/target`, { mode: "bare-user" });
    await pullLocal(repo, target, [third], { commitsOnly: true, depth: 1 });
    assertEquals([...target.partialCommits()].sort(), [second, third].sort());
    assertEquals((await fsck(target)).partialCommits, 2);
    await run("ostree", "fsck", "--quiet", `--repo=${target.path}`);
    assertEquals(prune(target).deleted > 0, true); // no ref names them

    await pullLocal(repo, target, [third], { commitsOnly: true });
    await pullLocal(repo, target, [third], { refs: new Map([["main", third]]) });
    assertEquals(target.partialCommits().size, 0);
    assertEquals((await fsck(target)).problems, []);
    assertEquals(target.hasObject(second, "commit"), false);
    await pullLocal(repo, target, [third], { depth: -1 });
    assertEquals([...readLog(target, "main")].map(({ commit }) => commit.subject), [
      "Commit 2",
      "Commit 1",
      "Commit 0",
    ]);
    await run("ostree", "fsck", "--quiet", "--all", `--repo=${target.path}`);
    const pieces = readPath(target, first, "/usr/link");
    const text = await new Response(ReadableStream.from(pieces)).text();
    assertEquals(text, "file 39 of commit 0\n".repeat(200));

    // What ostree marked as partial is completed too, in a tree of which some directories are there.
    const other = `${dir}/other`;
    await run("ostree", "init", `--repo=${other}`, "--mode=archive");
    await using server = serve(dir);
    await run(
      "ostree",
      `--repo=${other}`,
      "remote",
      "add",
      "--no-gpg-verify",
      "o",
      `${server.url}/repo`,
    );
    await run("ostree", `--repo=${other}`, "pull", "--subpath=/usr/d1", "o", "os/stable");
    const part = Repo.open(other);
    assertEquals([...part.partialCommits()], [third]);
    await pullLocal(repo, part, [third]);
    assertEquals(part.partialCommits().size, 0);
    await run("ostree", "fsck", "--quiet", `--repo=${other}`);
    assertEquals((await fsck(part)).problems, []);
  }));

Deno.test(
  "prune() leaves tombstones where the config says so, as ostree does",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const { repo, commits } = makeHistory(dir);
      const [first, second, third] = commits as [string, string, string];
      repo.changeConfig((config) => config.get("core")!.set("tombstone-commits", "true"));
      const named = await assertRejects(
        async () => await prune(repo, { deleteCommits: [third] }),
        RefError,
      );
      assertEquals(named.code, "ref/exists");
      await run("cp", "-a", repo.path, `${dir}/theirs`);
      prune(repo, { deleteCommits: [second] });
      await run("ostree", "prune", `--repo=${dir}/theirs`, `--delete-commit=${second}`);
      assertEquals([first, second, third].map((commit) => repo.hasObject(commit, "commit")), [
        false, // nothing leads to it any more
        false,
        true,
      ]);
      const theirs = Repo.open(`${dir}/theirs`).objectPath(second, "tombstone-commit");
      assertEquals(
        await Deno.readFile(repo.objectPath(second, "tombstone-commit")),
        await Deno.readFile(theirs),
      );
      const deleted = await assertRejects(async () => await repo.readCommit(second));
      assert(/deleted on purpose/.test(deleted.message));
      await run("ostree", "fsck", "--quiet", `--repo=${repo.path}`);
    }),
);

Deno.test(
  "aliases of refs are ostree's, and a ref cannot be a directory too",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const { repo, commits } = makeHistory(dir);
      {
        using txn = repo.transaction();
        txn.setAlias("os/current", "os/stable");
        txn.setAlias("latest", "os/stable");
        txn.commit();
      }
      assertEquals([...repo.listAliases()], [["latest", "os/stable"], ["os/current", "os/stable"]]);
      const refs = ["ostree", "refs", `--repo=${repo.path}`];
      assertEquals(
        (await output(...refs, "--list", "--alias")).trim().split("\n").sort(),
        ["latest -> os/stable", "os/current -> os/stable"],
      );
      assertEquals(repo.resolveRev("latest"), commits[2]);
      await run(...refs, "--alias", "os/stable", "--create=theirs/alias");
      assertEquals(repo.listAliases().get("theirs/alias"), "os/stable");
      for (const ref of ["os", "latest/below"]) {
        using txn = repo.transaction();
        txn.setRef(ref, commits[0]!);
        const error = await assertRejects(async () => await txn.commit(), RefError);
        assertEquals([error.code, error.subject], ["ref/exists", ref]);
      }
      assertEquals(repo.resolveRev("latest"), commits[2]);
    }),
);

Deno.test(
  "a repository keeps the space free that its config says",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      repo.changeConfig((config) => config.get("core")!.set("min-free-space-size", "900TB"));
      using txn = repo.transaction();
      const error = await assertRejects(
        async () => await txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, new Uint8Array(9)),
        RepoError,
      );
      assertEquals(error.code, "repo/no-space");
      repo.changeConfig((config) => config.get("core")!.set("min-free-space-size", "much"));
      await assertRejects(async () => await repo.transaction(), RepoError, '"much"');
    }),
);
