import { assertEquals, assertRejects } from "@std/assert";
import { readXattrs, TarWriter } from "@apt-ostree/base";
import {
  exportSplitXattrs,
  exportTar,
  fsck,
  importDirectory,
  importTar,
  pullLocal,
  Repo,
  RepoError,
  Tree,
  TreeError,
} from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "tar", "setfattr");
readXattrs("/"); // loads the C library before a test can be blamed for it

/** A directory with what archives are bad at. */
async function makeTree(dir: string): Promise<string> {
  const tree = `${dir}/tree`;
  await Deno.mkdir(`${tree}/sub/${"d".repeat(120)}`, { recursive: true });
  await Deno.writeTextFile(`${tree}/sub/${"d".repeat(120)}/${"f".repeat(200)}`, "deep");
  await Deno.writeTextFile(`${tree}/caps`, "caps");
  await run("setfattr", "-n", "user.k", "-v", "val", `${tree}/caps`);
  await run("setfattr", "-n", "user.d", "-v", "0x000a3d", `${tree}/sub`);
  await Deno.writeFile(`${tree}/large`, new Uint8Array(5_000_000).map((_, at) => at * 7 % 251));
  await Deno.writeTextFile(`${tree}/ünï`, "");
  await Deno.symlink("/no/where", `${tree}/link`);
  await run("chown", "-h", "7:8", `${tree}/link`, `${tree}/caps`);
  await run("chmod", "4755", `${tree}/caps`);
  await run("chmod", "2775", `${tree}/sub`);
  await Deno.link(`${tree}/caps`, `${tree}/same`);
  return tree;
}

async function commit(repo: Repo, tree: string) {
  using txn = repo.transaction();
  const root = await importDirectory(txn, tree);
  txn.setRef("main", txn.writeCommit({ root, timestamp: 0 }));
  txn.commit();
  return root;
}

function toFile(path: string): { write(bytes: Uint8Array): void } & Disposable {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true });
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    },
    [Symbol.dispose]: () => file.close(),
  };
}

async function exported(repo: Repo, path: string, subpath?: string): Promise<string> {
  using file = toFile(path);
  const { root } = repo.readCommit(repo.requireRev("main"));
  await exportTar(repo, root, (bytes) => file.write(bytes), subpath ? { subpath } : {});
  return (await output("sha256sum", path)).slice(0, 64);
}

Deno.test(
  "exportTar() writes what tar unpacks to the same tree, the same bytes from every mode",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const tree = await makeTree(dir);
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      const root = await commit(repo, tree);
      const digest = await exported(repo, `${dir}/a.tar`);
      const bare = Repo.init(`${dir}/bare`, { mode: "bare" });
      await commit(bare, tree);
      assertEquals(await exported(bare, `${dir}/b.tar`), digest);
      await Deno.mkdir(`${dir}/out`);
      await run(
        "tar",
        "-C",
        `${dir}/out`,
        "--xattrs",
        "--xattrs-include=*",
        "-xpf",
        `${dir}/a.tar`,
      );
      const checked = Repo.init(`${dir}/checked`, { mode: "archive" });
      assertEquals(await commit(checked, `${dir}/out`), root);
      await exported(repo, `${dir}/sub.tar`, "sub");
      assertEquals((await output("tar", "-tf", `${dir}/sub.tar`)).split("\n")[0], "./");
    }),
);

Deno.test(
  "importTar() makes the tree that ostree makes of the same archive",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const tree = await makeTree(dir);
      const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
      const all = await commit(repo, tree);
      for (const format of ["xattrs", "gnu", "pax", "ustar"]) {
        const options = format === "xattrs" ? ["--format=pax", "--xattrs"] : [`--format=${format}`];
        if (format === "ustar") await Deno.remove(`${tree}/sub`, { recursive: true });
        const file = `${dir}/${format}.tar`;
        await run("tar", "-C", tree, ...options, "-cf", file, ".");
        using txn = repo.transaction();
        const imported = Tree.empty(txn);
        using archive = await Deno.open(file);
        await importTar(txn, imported, archive.readable);
        const root = imported.write(txn);
        txn.commit();
        // ostree passes attributes in archives over: the directory itself is the judge of those.
        if (format === "xattrs") assertEquals(root, all);
        else {
          const name = ["ostree", "commit", `--repo=${repo.path}`, `--branch=${format}`];
          const theirs = await output(...name, "--tar-autocreate-parents", `--tree=tar=${file}`);
          assertEquals(root, repo.readCommit(theirs.trim()).root, format);
        }
      }
    }),
);

Deno.test("importTar() lets no member leave the tree", { ignore }, () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const cases: [string, (tar: TarWriter) => void, string][] = [
      ["..", (tar) => tar.entry({ type: "dir", path: "a/../../b" }), "tree/bad-path"],
      ["through a link", (tar) => {
        tar.entry({ type: "symlink", path: "l", target: "/etc" });
        tar.entry({ type: "file", path: "l/passwd", size: 0 });
      }, "tree/not-a-directory"],
      [
        "hard link to outside",
        (tar) => tar.entry({ type: "hardlink", path: "h", target: "../../etc/shadow" }),
        "tree/bad-path",
      ],
      [
        "hard link to nothing",
        (tar) => tar.entry({ type: "hardlink", path: "h", target: "etc/shadow" }),
        "tree/not-found",
      ],
      [
        "device",
        (tar) => tar.entry({ type: "char", path: "null", devMajor: 1, devMinor: 3 }),
        "tree/unsupported",
      ],
    ];
    for (const [name, write, code] of cases) {
      const pieces: Uint8Array[] = [];
      const tar = new TarWriter((bytes) => pieces.push(bytes.slice()));
      write(tar);
      tar.close();
      using txn = repo.transaction();
      const tree = Tree.empty(txn);
      const error = await assertRejects(
        () => importTar(txn, tree, ReadableStream.from(pieces)),
        TreeError,
      );
      assertEquals(error.code, code, name);
    }
    using txn = repo.transaction();
    const tree = Tree.empty(txn);
    const pieces: Uint8Array[] = [];
    const tar = new TarWriter((bytes) => pieces.push(bytes.slice()));
    tar.entry({ type: "fifo", path: "f" });
    tar.entry({ type: "file", path: "/abs/olute", size: 1 });
    tar.data(Uint8Array.of(1));
    tar.close();
    await importTar(txn, tree, ReadableStream.from(pieces), { special: "skip", into: "usr" });
    assertEquals([...tree.walk()].map(([path]) => path), ["usr", "usr/abs", "usr/abs/olute"]);
  }));

/** What is removed and added by a layer, in its order, and what is left of a, b/c, b/d/e and f. */
const LAYERS: readonly (readonly [names: string[], left: string])[] = [
  [[".wh.a"], "b/c b/d/e f"],
  [["b/.wh.d", "b/d/g"], "a b/c b/d/g f"],
  [["b/d/g", "b/.wh.d"], "a b/c b/d/g f"],
  [["b/.wh..wh..opq", "b/h"], "a b/h f"],
  [["b/h", "b/d/i", "b/.wh..wh..opq"], "a b/d/i b/h f"],
  [[".wh..wh..opq", "j"], "j"],
  [[".wh.none", "none/.wh.none", "none/.wh..wh..opq"], "a b/c b/d/e f"],
  [["a", ".wh.a"], "a b/c b/d/e f"],
  [["f/k"], "a b/c b/d/e f/k"],
];

for (const [names, left] of LAYERS) {
  Deno.test(`importTar() lays the layer ${names.join(" ")} over a tree`, () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      using txn = repo.transaction();
      const tree = Tree.empty(txn);
      const layer = (files: readonly string[]) => {
        const pieces: Uint8Array[] = [];
        const tar = new TarWriter((bytes) => pieces.push(bytes.slice()));
        for (const path of files) {
          const slash = path.lastIndexOf("/");
          if (slash > 0) tar.entry({ type: "dir", path: path.slice(0, slash), mode: 0o755 });
          tar.entry({ type: "file", path, size: 0 });
        }
        tar.close();
        return importTar(txn, tree, ReadableStream.from(pieces), { whiteouts: true });
      };
      await layer(["a", "b/c", "b/d/e", "f"]);
      await layer(names);
      const files = [...tree.walk()].filter(([, { type }]) => type === "file");
      assertEquals(files.map(([path]) => path).join(" "), left);
    }));
}

Deno.test(
  "a repository of mode bare-split-xattrs in an archive is read back whole",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const tree = await makeTree(dir);
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      await commit(repo, tree);
      const sum = repo.requireRev("main");
      {
        using txn = repo.transaction();
        txn.setDetachedMetadata(sum, new Map());
        txn.commit();
        using file = toFile(`${dir}/split.tar`);
        await exportSplitXattrs(repo, sum, (bytes) => file.write(bytes));
      }
      await Deno.mkdir(`${dir}/image`);
      await run("tar", "-C", `${dir}/image`, "-xpf", `${dir}/split.tar`);
      const split = Repo.open(`${dir}/image/sysroot/ostree/repo`);
      assertEquals(split.mode, "bare-split-xattrs");
      assertEquals((await fsck(split)).problems, []);
      const back = Repo.init(`${dir}/back`, { mode: "archive" });
      await pullLocal(split, back, [sum], { refs: new Map([["main", sum]]) });
      await run("ostree", "fsck", `--repo=${back.path}`, "--quiet");
      assertEquals(await output("ostree", `--repo=${dir}/back`, "rev-parse", "main"), `${sum}\n`);
      assertEquals(
        await assertRejects(async () => await Promise.resolve(split.transaction()), RepoError)
          .then(({ code }) => code),
        "repo/unsupported-mode",
      );

      // Attributes that are damaged, or missing, are found.
      const links = (await output("find", split.path, "-name", "*.file-xattrs-link", "-size", "+0"))
        .trim().split("\n");
      await Deno.writeTextFile(links[0]!, "damaged");
      await Deno.remove(links[1] ?? links[0]!);
      assertEquals((await fsck(split)).problems.length >= 2, true);
    }),
);
