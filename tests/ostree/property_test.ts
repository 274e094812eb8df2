import { assertEquals, assertThrows } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import fc from "fast-check";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import {
  encodeDirTree,
  fsck,
  importDirectory,
  ObjectError,
  prune,
  pullLocal,
  Repo,
  type RepoMode,
} from "@apt-ostree/ostree";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "setfattr");
const MODES: RepoMode[] = ["archive", "bare", "bare-user", "bare-user-only"];
/** Trees that each mode is tried with. */
const TREES = 80;
readXattrs("/"); // loads the C library before a test can be blamed for it

type Node =
  | {
    readonly kind: "file";
    readonly size: number;
    readonly mode: number;
    readonly uid: number;
    readonly xattr: string;
    readonly hole: boolean;
  }
  | { readonly kind: "link"; readonly target: string }
  | {
    readonly kind: "dir";
    readonly mode: number;
    readonly gid: number;
    readonly entries: Readonly<Record<string, Node>>;
  };

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
  fc.constantFrom(
    "a b",
    "é",
    "日本",
    "😀",
    "\ue000",
    "\uffee",
    "-rf",
    "new\nline",
    "\\",
    '"',
    "x".repeat(255),
  ),
).filter((text) =>
  text !== "." && text !== ".." && !/[/\0\ufffd]/.test(text) && text.isWellFormed() &&
  new TextEncoder().encode(text).length <= 255
);

const file: fc.Arbitrary<Node> = fc.record({
  kind: fc.constant("file" as const),
  size: fc.oneof(fc.constant(0), fc.nat(300), fc.constantFrom(4096, 1024 * 1024, 1024 * 1024 + 1)),
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o2750, 0o600, 0o444, 0o1777),
  uid: fc.constantFrom(0, 0, 0, 5, 1000, 65534),
  xattr: fc.constantFrom("", "", "1", "a\0b"),
  hole: fc.boolean(),
});
const link: fc.Arbitrary<Node> = fc.record({
  kind: fc.constant("link" as const),
  target: fc.stringMatching(/^[a-z./é]{1,30}$/),
});
const { tree } = fc.letrec<{ tree: Node; node: Node }>((tie) => ({
  tree: fc.record({
    kind: fc.constant("dir" as const),
    mode: fc.constantFrom(0o755, 0o700, 0o2775, 0o1777),
    gid: fc.constantFrom(0, 0, 50),
    entries: fc.dictionary(name, tie("node"), { maxKeys: 6 }),
  }),
  node: fc.oneof({ depthSize: "small", maxDepth: 5 }, file, link, tie("tree")),
}));

function lay(path: string, node: Node): void {
  if (node.kind === "dir") {
    Deno.mkdirSync(path);
    for (const [entry, child] of Object.entries(node.entries)) lay(`${path}/${entry}`, child);
    Deno.chownSync(path, 0, node.gid);
    Deno.chmodSync(path, node.mode);
  } else if (node.kind === "link") Deno.symlinkSync(node.target, path);
  else {
    if (node.hole) {
      Deno.writeFileSync(path, new Uint8Array());
      Deno.truncateSync(path, node.size);
    } else Deno.writeFileSync(path, new Uint8Array(node.size).map((_, i) => i * 7));
    Deno.chownSync(path, node.uid, 0);
    Deno.chmodSync(path, node.mode);
    if (node.xattr !== "") {
      new Deno.Command("setfattr", {
        args: ["-n", "user.t", "-v", `0x${new TextEncoder().encode(node.xattr).toHex()}`, path],
      }).outputSync();
    }
  }
}

function run(...argv: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(argv[0]!, { args: argv.slice(1) })
    .outputSync();
  if (!success) throw new Error(`${argv.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

for (const mode of MODES) {
  Deno.test(
    `${TREES} random trees have the commit that ostree gives them in a ${mode} repository, there and back`,
    { ignore },
    async () => {
      const dir = Deno.makeTempDirSync({ dir: "/var/tmp" });
      try {
        const ours = Repo.init(`${dir}/ours`, { mode });
        run("ostree", `--repo=${dir}/theirs`, "init", `--mode=${mode}`);
        const expected: string[] = [];
        for (const [at, node] of fc.sample(tree, { numRuns: TREES, seed: 2026 }).entries()) {
          const path = `${dir}/tree`;
          lay(path, node);
          using txn = ours.transaction();
          const commit = txn.writeCommit({ root: await importDirectory(txn, path), timestamp: at });
          txn.setRef(`t${at}`, commit);
          txn.commit();
          const theirs = run(
            "ostree",
            `--repo=${dir}/theirs`,
            "commit",
            `--branch=t${at}`,
            "--no-bindings",
            "--subject=",
            `--tree=dir=${path}`,
            `--timestamp=@${at}`,
          );
          assertEquals(commit, theirs, `tree ${at}: ${JSON.stringify(node)}`);
          expected.push(commit);
          Deno.removeSync(path, { recursive: true });
        }
        run("ostree", `--repo=${dir}/ours`, "fsck", "--quiet", "--all");
        assertEquals((await fsck(ours)).problems, []);
        assertEquals((await fsck(Repo.open(`${dir}/theirs`))).problems, []);
        const other = mode === "archive" ? "bare-user" : "archive";
        run("ostree", `--repo=${dir}/other`, "init", `--mode=${other}`);
        run("ostree", `--repo=${dir}/back`, "init", `--mode=${mode}`);
        run("ostree", `--repo=${dir}/other`, "pull-local", "--untrusted", `${dir}/ours`);
        run("ostree", `--repo=${dir}/back`, "pull-local", "--untrusted", `${dir}/other`);
        assertEquals(
          [...Repo.open(`${dir}/back`).listRefs().values()].toSorted(),
          expected.toSorted(),
        );

        // Half of the refs go; what stays is what ostree keeps too.
        using txn = ours.transaction();
        for (let at = 0; at < TREES; at += 2) {
          txn.setRef(`t${at}`, null);
          run("ostree", `--repo=${dir}/theirs`, "refs", "--delete", `t${at}`);
        }
        txn.commit();
        const { deleted, kept } = prune(ours);
        run("ostree", `--repo=${dir}/theirs`, "prune", "--refs-only");
        assertEquals(deleted > 0, true);
        assertEquals(
          kept,
          Number(run("sh", "-c", `find ${dir}/theirs/objects -name '*.*' | wc -l`)),
        );
        assertEquals((await fsck(ours)).problems, []);
        run("ostree", `--repo=${dir}/ours`, "fsck", "--quiet", "--all");
      } finally {
        Deno.removeSync(dir, { recursive: true });
      }
    },
  );
}

for (const mode of MODES) {
  Deno.test(`a deep, a wide and a large tree have ostree's commit in a ${mode} repository`, {
    ignore,
  }, () =>
    inTemp(async (dir) => {
      const tree = `${dir}/tree`;
      await Deno.mkdir(`${tree}/${"deep/".repeat(200)}`, { recursive: true });
      await Deno.mkdir(`${tree}/wide/empty`, { recursive: true });
      for (let at = 0; at < 3000; at++) await Deno.writeTextFile(`${tree}/wide/${at}`, `${at}`);
      using file = await Deno.open(`${tree}/large`, { write: true, create: true });
      for (const at of [0, 40_000_000, 71_000_001]) { // sparse between, over 64 MiB
        await file.seek(at, Deno.SeekMode.Start);
        await file.write(crypto.getRandomValues(new Uint8Array(50_000)));
      }
      const ours = Repo.init(`${dir}/ours`, { mode });
      run("ostree", `--repo=${dir}/theirs`, "init", `--mode=${mode}`);
      using txn = ours.transaction();
      const root = await importDirectory(txn, tree);
      const commit = txn.writeCommit({ root, timestamp: 0 });
      txn.setRef("main", commit);
      txn.commit();
      const options = ["--branch=main", "--no-bindings", "--subject=", "--timestamp=@0"];
      assertEquals(
        commit,
        run("ostree", `--repo=${dir}/theirs`, "commit", ...options, `--tree=dir=${tree}`),
      );
      run("ostree", `--repo=${dir}/ours`, "fsck", "--quiet");
      assertEquals((await fsck(ours)).problems, []);
      const other = Repo.init(`${dir}/other`, {
        mode: mode === "archive" ? "bare-user" : "archive",
      });
      await pullLocal(ours, other, [commit], { refs: new Map([["main", commit]]) });
      run("ostree", `--repo=${dir}/back`, "init", `--mode=${mode}`);
      run("ostree", `--repo=${dir}/back`, "pull-local", "--untrusted", other.path);
      run("ostree", `--repo=${dir}/back`, "fsck", "--quiet");
    }));
}

Deno.test("encodeDirTree() refuses names that no tree can hold", () => {
  const sum = "0".repeat(64);
  for (const bad of ["", ".", "..", "a/b", "a\0", "\ud800", "\ufffd"]) {
    assertThrows(
      () => encodeDirTree({ files: new Map([[bad, sum]]), dirs: new Map() }),
      ObjectError,
      "Cannot use the name",
    );
  }
  const both = { dirtree: sum, dirmeta: sum };
  assertThrows(
    () => encodeDirTree({ files: new Map([["a", sum]]), dirs: new Map([["a", both]]) }),
    ObjectError,
  );
});
