import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readXattrs } from "@apt-ostree/base";
import { inTemp } from "../../tests/support/in_temp.ts";
import { TreeError } from "../error.ts";
import { Repo } from "../repo.ts";
import { changeMeta } from "./change_meta.ts";
import { globTree } from "./glob_tree.ts";
import { mergeTrees } from "./merge_trees.ts";
import { Tree } from "./tree.ts";
import { type ConflictPolicy, uniteTrees } from "./unite_trees.ts";

readXattrs("/"); // loads the C library before a test can be blamed for it

/** A tree as plain data: a number is a file with that content, an object a directory. */
type Plain = { readonly [name: string]: number | Plain };
type Txn = ReturnType<Repo["transaction"]>;

/** Write the tree to the repository, so that its directories are closed. */
function make(txn: Txn, plain: Plain): Tree {
  const tree = Tree.empty(txn);
  const fill = (dir: Plain, path: string) => {
    for (const [name, entry] of Object.entries(dir)) {
      if (typeof entry === "number") {
        const body = new TextEncoder().encode(`${entry}`);
        tree.putFile(path + name, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, body));
      } else {
        tree.mkdir(path + name);
        fill(entry, `${path}${name}/`);
      }
    }
  };
  fill(plain, "");
  return Tree.fromChecksums(txn, tree.write(txn));
}

function plain(txn: Txn, tree: Tree): Plain {
  const read = (path: string): Plain =>
    Object.fromEntries(
      tree.list(path).map(([name, entry]) => {
        const full = path === "" ? name : `${path}/${name}`;
        if (entry.type === "dir") return [name, read(full)];
        const file = Deno.readFileSync(txn.objectPath(entry.checksum, "file"));
        return [name, Number(new TextDecoder().decode(file))];
      }),
    );
  return read("");
}

const dir: fc.Arbitrary<Plain> = fc.letrec<{ dir: Plain; entry: number | Plain }>((tie) => ({
  dir: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("entry"), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  entry: fc.oneof({ maxDepth: 3 }, fc.nat(2), tie("dir")),
})).dir;

/** The rules of a union, on plain data. */
function united(ours: Plain, theirs: Plain, winner: "ours" | "theirs"): Plain {
  const result: Record<string, number | Plain> = { ...ours };
  for (const [name, entry] of Object.entries(theirs)) {
    const mine = result[name];
    if (mine === undefined) result[name] = entry;
    else if (typeof mine === "object" && typeof entry === "object") {
      result[name] = united(mine, entry, winner);
    } else if (winner === "theirs") result[name] = entry;
  }
  return result;
}

/** The rules of a three-way merge, on plain data; `null` where it conflicts and nobody wins. */
function merged(
  ours: number | Plain | undefined,
  base: number | Plain | undefined,
  theirs: number | Plain | undefined,
  winner: "ours" | "theirs",
): number | Plain | undefined {
  const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
  if (same(base, theirs) || same(ours, theirs)) return ours;
  if (typeof ours === "object" && typeof theirs === "object") {
    const before = typeof base === "object" ? base : {};
    const result: Record<string, number | Plain> = {};
    for (const name of new Set([ours, before, theirs].flatMap((each) => Object.keys(each)))) {
      const value = merged(ours[name], before[name], theirs[name], winner);
      if (value !== undefined) result[name] = value;
    }
    return result;
  }
  if (same(ours, base)) return theirs;
  return winner === "ours" ? ours : theirs;
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort().map(([name, entry]) => [name, sorted(entry)]);
}

async function withTxn(test: (txn: Txn) => Promise<void> | void): Promise<void> {
  await inTemp(async (path) => {
    const repo = Repo.init(`${path}/repo`, { mode: "bare-user" });
    using txn = repo.transaction();
    await test(txn);
  });
}

Deno.test("uniteTrees() does what the rules say, for any two trees", () =>
  withTxn((txn) => {
    const winner = fc.constantFrom("ours" as const, "theirs" as const);
    fc.assert(
      fc.property(dir, dir, winner, (ours, theirs, who) => {
        const tree = make(txn, ours);
        uniteTrees(tree, make(txn, theirs), who);
        assertEquals(plain(txn, tree), united(ours, theirs, who));
      }),
      { numRuns: 300, seed: 3 },
    );
  }));

Deno.test("mergeTrees() does what the rules say, for any three trees", () =>
  withTxn((txn) => {
    const winner = fc.constantFrom("ours" as const, "theirs" as const);
    fc.assert(
      fc.property(dir, dir, dir, winner, (ours, base, theirs, who) => {
        const tree = make(txn, ours);
        mergeTrees(tree, make(txn, base), make(txn, theirs), who);
        assertEquals(plain(txn, tree), merged(ours, base, theirs, who) as Plain);
      }),
      { numRuns: 600, seed: 4 },
    );
  }));

Deno.test("uniteTrees() and mergeTrees() refuse a conflict with its path", () =>
  withTxn((txn) => {
    const ours = make(txn, { etc: { a: 1, same: 5 } });
    const theirs = make(txn, { etc: { a: 2, same: 5 } });
    const error = assertThrows(() => uniteTrees(ours, theirs), TreeError);
    assertEquals([error.code, error.subject], ["tree/conflict", "etc/a"]);
    const base = make(txn, { etc: { a: 0 } });
    assertThrows(() => mergeTrees(make(txn, { etc: { a: 1 } }), base, theirs), TreeError, "/etc/a");
    const seen: string[] = [];
    const choose: ConflictPolicy = ({ path }) => {
      seen.push(path);
      return "theirs";
    };
    uniteTrees(ours, theirs, choose);
    assertEquals([seen, plain(txn, ours)], [["etc/a"], { etc: { a: 2, same: 5 } }]);
  }));

Deno.test("mergeTrees() and uniteTrees() carry changes of a directory's owner and mode", () =>
  withTxn((txn) => {
    const base = make(txn, { d: { a: 1 } });
    const theirs = base.clone();
    theirs.setMeta("d", { uid: 3, gid: 4, mode: 0o2775 });
    const tree = base.clone();
    mergeTrees(tree, base, theirs);
    assertEquals(tree.meta("d"), { uid: 3, gid: 4, mode: 0o2775 });
    const other = base.clone();
    other.setMeta("d", { uid: 9, gid: 9, mode: 0o700 });
    assertThrows(() => mergeTrees(other, base, theirs), TreeError, "/d");
    uniteTrees(other, theirs, "theirs");
    assertEquals(other.meta("d").uid, 3);
  }));

Deno.test("changeMeta() changes owner, mode and attributes, of files that only wait as well", () =>
  withTxn(async (txn) => {
    const tree = make(txn, { d: { a: 1 } });
    tree.putLink(txn, "d/l", "a");
    await changeMeta(txn, tree, "d/a", {
      uid: 7,
      mode: 0o4755,
      xattrs: [["user.k", Uint8Array.of(1)]],
    });
    await changeMeta(txn, tree, "d/l", { gid: 8, mode: 0o600 });
    await changeMeta(txn, tree, "d", { mode: 0o700 });
    const a = tree.require("d/a");
    const l = tree.require("d/l");
    if (a.type !== "file" || l.type !== "file") throw new Error("no files");
    const repo = Repo.open(txn.path);
    tree.write(txn);
    txn.commit();
    assertEquals(repo.statFile(a.checksum), {
      ...{ type: "file", uid: 7, gid: 0, mode: 0o4755, size: 1 },
      xattrs: [["user.k", Uint8Array.of(1)]],
    });
    assertEquals(repo.statFile(l.checksum), {
      ...{ type: "symlink", uid: 0, gid: 8, target: "a", size: 0 },
    });
    assertEquals(tree.meta("d").mode, 0o700);
  }));

Deno.test("globTree() finds what the pattern says", () =>
  withTxn((txn) => {
    const tree = make(txn, {
      usr: {
        lib: { modules: { "6.1": { vmlinuz: 1 }, "6.2": { vmlinuz: 1, ".x": 2 }, README: 1 } },
        "a.b": 1,
        "a+b": 1,
        "a[b": 1,
      },
      vmlinuz: 1,
    });
    const cases: [pattern: string, found: string[]][] = [
      ["usr/lib/modules/*/vmlinuz", ["usr/lib/modules/6.1/vmlinuz", "usr/lib/modules/6.2/vmlinuz"]],
      ["/**/vmlinuz", ["vmlinuz", "usr/lib/modules/6.1/vmlinuz", "usr/lib/modules/6.2/vmlinuz"]],
      ["usr/lib/modules/6.?/*", [
        "usr/lib/modules/6.1/vmlinuz",
        "usr/lib/modules/6.2/.x",
        "usr/lib/modules/6.2/vmlinuz",
      ]],
      ["usr/a?b", ["usr/a+b", "usr/a.b", "usr/a[b"]],
      ["usr/a[.+]b", ["usr/a+b", "usr/a.b"]],
      ["usr/a[!.+]b", ["usr/a[b"]],
      ["usr/a\\[b", ["usr/a[b"]],
      ["usr/a.b", ["usr/a.b"]],
      ["usr/lib/**", [
        "usr/lib/modules",
        "usr/lib/modules/6.1",
        "usr/lib/modules/6.1/vmlinuz",
        "usr/lib/modules/6.2",
        "usr/lib/modules/6.2/.x",
        "usr/lib/modules/6.2/vmlinuz",
        "usr/lib/modules/README",
      ]],
      ["nothing/*", []],
    ];
    for (const [pattern, found] of cases) {
      assertEquals([...globTree(tree, pattern)].map(([path]) => path), found, pattern);
    }
  }));
