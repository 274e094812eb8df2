import { assertEquals, assertRejects } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import {
  checkoutTree,
  importDirectory,
  Repo,
  RepoError,
  type RepoMode,
  TreeError,
} from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "setfattr", "getfattr");
readXattrs("/"); // loads the C library before a test can be blamed for it

async function makeTree(dir: string): Promise<string> {
  const tree = `${dir}/tree`;
  await Deno.mkdir(`${tree}/sub/deeper`, { recursive: true });
  await Deno.writeTextFile(`${tree}/sub/setuid`, "setuid");
  await Deno.writeTextFile(`${tree}/sub/deeper/plain`, "plain");
  await Deno.writeFile(`${tree}/large`, new Uint8Array(5_000_000).map((_, at) => at * 7 % 251));
  await Deno.writeTextFile(`${tree}/empty`, "");
  await Deno.symlink("sub/plain", `${tree}/link`);
  await run("setfattr", "-n", "user.k", "-v", "val", `${tree}/sub/setuid`, `${tree}/sub`);
  await run("chown", "-h", "7:8", `${tree}/link`, `${tree}/sub/setuid`, `${tree}/sub/deeper`);
  await run("chmod", "4711", `${tree}/sub/setuid`);
  await run("chmod", "2775", `${tree}/sub/deeper`);
  return tree;
}

/** Everything that a checkout decides, as text. */
async function manifest(dir: string): Promise<string> {
  const script = "find . -printf '%y %m %U:%G %l %p\\n' | sort; " +
    "find . -type f -print0 | sort -z | xargs -0 sha256sum; getfattr -R -h -d -m - . | sort";
  return await output("sh", "-c", `cd "$1" && { ${script}; }`, "sh", dir);
}

async function commit(repo: Repo, tree: string) {
  using txn = repo.transaction();
  const root = await importDirectory(txn, tree);
  txn.setRef("main", txn.writeCommit({ root, timestamp: 0 }));
  txn.commit();
  return root;
}

const CASES: [mode: RepoMode, how: "link" | "copy" | "auto", user: boolean, theirs: string[]][] = [
  ["bare", "link", false, ["--require-hardlinks"]],
  ["bare", "copy", false, ["--force-copy"]],
  ["bare", "auto", true, ["--user-mode"]],
  ["bare-user", "link", true, ["--user-mode", "--require-hardlinks"]],
  ["bare-user", "copy", true, ["--user-mode", "--force-copy"]],
  ["bare-user", "auto", false, []],
  ["archive", "auto", false, []],
  ["archive", "copy", true, ["--user-mode"]],
  ["bare-user-only", "link", true, ["--user-mode", "--require-hardlinks"]],
];

for (const [mode, how, user, theirs] of CASES) {
  Deno.test(
    `checkoutTree() of a ${mode} repository, ${how}${user ? ", user" : ""}, is ostree's`,
    { ignore },
    () =>
      inTemp(async (dir) => {
        const repo = Repo.init(`${dir}/repo`, { mode });
        const root = await commit(repo, await makeTree(dir));
        await checkoutTree(repo, root, `${dir}/ours`, { how, user });
        const ostree = ["ostree", "checkout", `--repo=${repo.path}`, ...theirs, "main"];
        await run(...ostree, `${dir}/theirs`);
        const expected = await manifest(`${dir}/theirs`);
        assertEquals(await manifest(`${dir}/ours`), expected);
        assertEquals(expected.split("\n").length > 12, true);
        await run("ostree", "fsck", "--quiet", `--repo=${repo.path}`);
      }),
  );
}

Deno.test(
  "checkoutTree() unites with what is there as it is told, as ostree does",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
      const root = await commit(repo, await makeTree(dir));
      const lay = async (dest: string) => {
        await Deno.mkdir(`${dest}/sub/own`, { recursive: true });
        await Deno.writeTextFile(`${dest}/empty`, "not empty");
        await Deno.chmod(`${dest}/sub`, 0o700);
      };
      const modes = [["replace", "--union"], ["keep", "--union-add"]] as const;
      for (const [union, option] of modes) {
        await lay(`${dir}/ours-${union}`);
        await lay(`${dir}/theirs-${union}`);
        await checkoutTree(repo, root, `${dir}/ours-${union}`, { union });
        const ostree = ["ostree", "checkout", `--repo=${repo.path}`, option, "main"];
        await run(...ostree, `${dir}/theirs-${union}`);
        assertEquals(
          await manifest(`${dir}/ours-${union}`),
          await manifest(`${dir}/theirs-${union}`),
        );
      }
      await lay(`${dir}/other`);
      const differs = await assertRejects(
        () => checkoutTree(repo, root, `${dir}/other`, { union: "identical" }),
        TreeError,
      );
      assertEquals([differs.code, differs.subject], ["tree/exists", `${dir}/other/empty`]);
      await checkoutTree(repo, root, `${dir}/same`);
      const again = await checkoutTree(repo, root, `${dir}/same`, { union: "identical" });
      assertEquals(again.files, 0);
      const refused = await assertRejects(() => checkoutTree(repo, root, `${dir}/same`), TreeError);
      assertEquals(refused.code, "tree/exists");
    }),
);

Deno.test(
  "checkoutTree() lays out a subpath, a directory or a file, as ostree does",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      const root = await commit(repo, await makeTree(dir));
      for (const subpath of ["sub", "sub/deeper", "sub/setuid", "link"]) {
        const name = subpath.replace("/", "-");
        await checkoutTree(repo, root, `${dir}/ours-${name}`, { subpath });
        const ostree = [
          "ostree",
          "checkout",
          `--repo=${repo.path}`,
          `--subpath=/${subpath}`,
          "main",
        ];
        await run(...ostree, `${dir}/theirs-${name}`);
        const text = await manifest(`${dir}/ours-${name}`);
        const expected = await manifest(`${dir}/theirs-${name}`);
        // ostree makes the directory around a single file in mode 0700.
        assertEquals(text.replace(/^d 7\d\d .*$/m, ""), expected.replace(/^d 7\d\d .*$/m, ""));
      }
      const missing = await assertRejects(
        () => checkoutTree(repo, root, `${dir}/none`, { subpath: "no/where" }),
        TreeError,
      );
      assertEquals(missing.code, "tree/not-found");
    }),
);

Deno.test(
  "checkoutTree() refuses links that cannot be, and says what to do",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const tree = await makeTree(dir);
      for (
        const [mode, user] of [["archive", false], ["bare", true], ["bare-user", false]] as const
      ) {
        const repo = Repo.init(`${dir}/${mode}`, { mode });
        const root = await commit(repo, tree);
        const error = await assertRejects(
          () => checkoutTree(repo, root, `${dir}/out`, { how: "link", user }),
          RepoError,
        );
        assertEquals(error.code, "repo/unsupported-mode");
        assertEquals((error.hint ?? "") !== "", true);
      }
      const repo = Repo.open(`${dir}/bare`);
      const { root } = repo.readCommit(repo.requireRev("main"));
      const other = await Deno.makeTempDir({ dir: "/dev/shm" });
      try {
        const error = await assertRejects(
          () => checkoutTree(repo, root, `${other}/out`, { how: "link" }),
          RepoError,
        );
        assertEquals(error.code, "repo/other-filesystem");
        await checkoutTree(repo, root, `${other}/auto`);
        assertEquals((await Deno.stat(`${other}/auto/large`)).size, 5_000_000);
      } finally {
        await Deno.remove(other, { recursive: true });
      }
    }),
);
