import { assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { lacks } from "../tests/support/lacks.ts";
import { checkoutTree, syncCheckout } from "./checkout.ts";
import { diffTrees } from "./diff.ts";
import { importDirectory } from "./import_directory.ts";
import { pullLocal } from "./pull.ts";
import { Repo } from "./repo.ts";
import type { RepoMode } from "./repo_config.ts";
import { Tree } from "./tree/tree.ts";
import { commitTree } from "./commit_tree.ts";

readXattrs("/"); // loads the C library, for the life of the process, before a test can be blamed
const ignore = await lacks("ostree", "setfattr") || Deno.uid() !== 0;
const MODES: RepoMode[] = ["archive", "bare", "bare-user", "bare-user-only"];
const LARGE = 3 * 1024 * 1024 + 17;

async function run(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(args[0]!, { args: args.slice(1) })
    .output();
  if (!success) throw new Error(`${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

/** A directory with what trees are made of. */
async function makeTree(dir: string): Promise<string> {
  const tree = `${dir}/tree`;
  await run(
    "sh",
    "-ec",
    `mkdir -p "$1/usr/bin" "$1/empty" "$1/sticky" "$1/é" && cd "$1"
    printf abc > usr/bin/tool; chmod 4755 usr/bin/tool; : > zero; ln -s usr/bin/tool link; ln -s nowhere é/dangling
    printf hello > owned; chown 12:34 owned; chmod 640 owned; chmod 1777 sticky; chown 5:60 é; chmod 2775 é
    setfattr -n user.zz -v 1 owned; setfattr -n user.empty owned; setfattr -n user.dir -v x é
    setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 zero; ln -s t ownlink; chown -h 7:8 ownlink`,
    "sh",
    tree,
  );
  const large = new Uint8Array(LARGE).map((_, i) => (i * i) >> 7);
  await Deno.writeFile(`${tree}/large`, large);
  return tree;
}

async function inTemp(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function commitDirectory(repo: Repo, dir: string, ref: string): Promise<string> {
  using txn = repo.transaction();
  const root = await importDirectory(txn, dir);
  const commit = commitTree(txn, root, { refs: [ref], timestamp: 1700000000, subject: "s" });
  txn.commit();
  return commit;
}

for (const mode of MODES) {
  Deno.test(
    `a commit into a ${mode} repository is the one that ostree commit makes, and fsck agrees`,
    { ignore },
    () =>
      inTemp(async (dir) => {
        const tree = await makeTree(dir);
        const ours = await commitDirectory(Repo.init(`${dir}/ours`, { mode }), tree, "x/y");
        assertEquals(await Array.fromAsync(Deno.readDir(`${dir}/ours/tmp`)), []);
        await run("ostree", `--repo=${dir}/theirs`, "init", `--mode=${mode}`);
        const theirs = await run(
          ...["ostree", `--repo=${dir}/theirs`, "commit", "-b", "x/y", "--subject=s"],
          ...[`--tree=dir=${tree}`, "--timestamp=@1700000000"],
        );
        assertEquals(ours, theirs);
        await run("ostree", `--repo=${dir}/ours`, "fsck", "--quiet");
        assertEquals(await run("ostree", `--repo=${dir}/ours`, "refs"), "x/y");
        // What ostree wrote, we read; what we wrote, ostree carries to another mode.
        const repo = Repo.open(`${dir}/theirs`);
        assertEquals(repo.resolveRev("x/y"), theirs);
        assertEquals(repo.resolveRev(theirs.slice(0, 9)), theirs);
        const file = Tree.fromCommit(repo, "x/y").lookup("large");
        if (file?.type !== "file") throw new Error("large is no file");
        assertEquals(repo.readFile(file.checksum), await Deno.readFile(`${tree}/large`));
        await run("ostree", `--repo=${dir}/other`, "init", "--mode=archive");
        await run(
          "ostree",
          `--repo=${dir}/other`,
          "pull-local",
          "--untrusted",
          `${dir}/ours`,
          "x/y",
        );
        await run("ostree", `--repo=${dir}/other`, "fsck", "--quiet");
      }),
  );
}

for (const from of MODES.slice(0, 3)) {
  for (const to of MODES.slice(0, 3)) {
    Deno.test(
      `pullLocal() brings a commit from ${from} to ${to}`,
      { ignore },
      () =>
        inTemp(async (dir) => {
          const tree = await makeTree(dir);
          const source = Repo.init(`${dir}/source`, { mode: from });
          const target = Repo.init(`${dir}/target`, { mode: to });
          const commit = await commitDirectory(source, tree, "x");
          const first = await pullLocal(source, target, [commit], {
            refs: new Map([["x", commit]]),
          });
          assertEquals(first.files > 5, true);
          assertEquals(target.resolveRev("x"), commit);
          await run("ostree", `--repo=${dir}/target`, "fsck", "--quiet");
          assertEquals(await pullLocal(source, target, [commit]), {
            files: 0,
            bytes: 0,
            metadata: 0,
          });
        }),
    );
  }
}

Deno.test("pullLocal() deflates many files in workers", { ignore }, () =>
  inTemp(async (dir) => {
    Deno.mkdirSync(`${dir}/tree`);
    for (let i = 0; i < 400; i++) {
      Deno.writeTextFileSync(`${dir}/tree/${i}`, `file ${i}\n`.repeat(i));
    }
    const source = Repo.init(`${dir}/source`, { mode: "bare" });
    const target = Repo.init(`${dir}/target`, { mode: "archive" });
    const commit = await commitDirectory(source, `${dir}/tree`, "x");
    assertEquals((await pullLocal(source, target, [commit])).files, 400);
    await run("ostree", `--repo=${dir}/target`, "fsck", "--quiet", "--all");
    assertEquals(target.hasObject(commit, "commit"), true);
  }));

Deno.test(
  "await checkoutTree() and await syncCheckout() lay out what ostree checkout does",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const path = await makeTree(dir);
      const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
      await commitDirectory(repo, path, "a");
      const tree = Tree.fromCommit(repo, "a");
      const before = repo.readCommit(repo.requireRev("a")).root;
      tree.remove("empty");
      tree.rename("usr/bin", "usr/sbin");
      tree.setMeta("sticky", { uid: 1, gid: 2, mode: 0o700 });
      tree.mkdir("new/deep");
      using txn = repo.transaction();
      tree.putFile("zero", txn.writeFile({ uid: 0, gid: 0, mode: 0o600 }, Uint8Array.of(1)));
      tree.putLink(txn, "new/deep/link", "../../zero");
      const after = tree.write(txn);
      txn.setRef("b", txn.writeCommit({ root: after, timestamp: 1 }));
      txn.commit();
      assertEquals(tree.real("new/deep/link"), "zero");
      assertEquals([...diffTrees(repo, before, after)].map(({ kind, path }) => `${kind} ${path}`), [
        "removed empty",
        "added new",
        "added new/deep",
        "added new/deep/link",
        "meta sticky",
        "removed usr/bin",
        "removed usr/bin/tool",
        "added usr/sbin",
        "added usr/sbin/tool",
        "changed zero",
      ]);
      await checkoutTree(repo, before, `${dir}/ours`);
      await syncCheckout(repo, `${dir}/ours`, before, after);
      await run("ostree", `--repo=${dir}/repo`, "checkout", "-H", "b", `${dir}/theirs`);
      const list = (of: string) =>
        run("sh", "-c", `cd ${of} && find . -printf '%p %m %U %G %l %n\\n' | sort`);
      assertEquals(await list(`${dir}/ours`), await list(`${dir}/theirs`));
    }),
);
