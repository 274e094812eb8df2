import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AptOstreeError, readXattrs } from "@apt-ostree/base";
import {
  checkoutTree,
  contentPieces,
  encodeCommit,
  encodeDirMeta,
  encodeDirTree,
  encodeVariant,
  fsck,
  prune,
  pullLocal,
  readSummary,
  Repo,
  Tree,
} from "@apt-ostree/ostree";
import { output } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";

readXattrs("/"); // loads the C library before a test can be blamed for it
const ROOT = { uid: 0, gid: 0, mode: 0o755 };
const FILE = "cc700d46f407c6c5ab2d5dde474366a928b7398277e61162e7f8ec06f469f07e"; // empty, 0644

/** Put an object under its right checksum, whatever it holds. */
function put(repo: Repo, type: "dirtree" | "dirmeta" | "commit", bytes: Uint8Array): string {
  const checksum = createHash("sha256").update(bytes).digest("hex");
  putAt(repo, checksum, type, bytes);
  return checksum;
}

function putAt(repo: Repo, checksum: string, type: string, bytes: Uint8Array): void {
  const dir = `${repo.path}/objects/${checksum.slice(0, 2)}`;
  Deno.mkdirSync(dir, { recursive: true });
  Deno.writeFileSync(`${dir}/${checksum.slice(2)}.${type}`, bytes);
}

function commit(repo: Repo, dirtree: string): string {
  const dirmeta = put(repo, "dirmeta", encodeDirMeta(ROOT));
  const sum = put(repo, "commit", encodeCommit({ root: { dirtree, dirmeta }, timestamp: 0 }));
  Deno.writeTextFileSync(`${repo.path}/refs/heads/main`, `${sum}\n`);
  return sum;
}

/** A dirtree with names that our own encoder would refuse. */
function rawTree(files: [string, string][], dirs: [string, string, string][] = []): Uint8Array {
  const bytes = Uint8Array.fromHex;
  return encodeVariant("(a(say)a(sayay))", [
    files.map(([name, sum]) => [name, bytes(sum)]),
    dirs.map(([name, tree, meta]) => [name, bytes(tree), bytes(meta)]),
  ]);
}

/** Try everything that reads a tree; each must refuse, and nothing may appear outside. */
async function assertRefused(dir: string, repo: Repo, sum: string, what: string): Promise<void> {
  const list = () =>
    output("find", dir, "-not", "-name", ".lock", "-type", "f", "-printf", "%p %s\n");
  const before = await list();
  const root = repo.readCommit(sum).root;
  const target = Repo.init(`${dir}/target`, { mode: "archive" });
  const attempts: [string, () => unknown][] = [
    ["pull", () => pullLocal(repo, target, [sum])],
    ["checkout", () => checkoutTree(repo, root, `${dir}/out`, { user: true, how: "copy" })],
    ["walk", () => [...Tree.fromChecksums(repo, root).walk()]],
    ["prune", () => prune(repo)],
  ];
  for (const [name, attempt] of attempts) {
    await assertRejects(async () => await attempt(), AptOstreeError, undefined, `${what}: ${name}`);
  }
  assert((await fsck(repo)).problems.length > 0, what);
  assertEquals(target.hasObject(sum, "commit"), false, what);
  await Deno.remove(`${dir}/out`, { recursive: true }).catch(() => {});
  await Deno.remove(target.path, { recursive: true });
  assertEquals(await list(), before, what);
}

const NAMES = ["..", ".", "", "a/b", "/etc/passwd", "../../escape"];
for (const name of NAMES) {
  Deno.test(`a directory with the entry ${JSON.stringify(name)} is refused by all readers`, () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      const empty = put(repo, "dirtree", encodeDirTree({ files: new Map(), dirs: new Map() }));
      const meta = put(repo, "dirmeta", encodeDirMeta(ROOT));
      const asFile = commit(repo, put(repo, "dirtree", rawTree([[name, FILE]])));
      await assertRefused(dir, repo, asFile, "file");
      const asDir = commit(repo, put(repo, "dirtree", rawTree([], [[name, empty, meta]])));
      await assertRefused(dir, repo, asDir, "directory");
    }));
}

Deno.test("a name given twice, as link and directory, is refused by all readers", () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const inner = put(repo, "dirtree", rawTree([["passwd", FILE]]));
    const meta = put(repo, "dirmeta", encodeDirMeta(ROOT));
    const twice = rawTree([["etc", FILE]], [["etc", inner, meta]]);
    await assertRefused(dir, repo, commit(repo, put(repo, "dirtree", twice)), "twice");
    const same = rawTree([["etc", FILE], ["etc", FILE]]);
    await assertRefused(dir, repo, commit(repo, put(repo, "dirtree", same)), "two files");
  }));

Deno.test("a directory that says it holds itself is refused by all readers", () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const meta = put(repo, "dirmeta", encodeDirMeta(ROOT));
    const self = "a".repeat(64);
    putAt(repo, self, "dirtree", rawTree([], [["self", self, meta]]));
    await assertRefused(dir, repo, commit(repo, self), "loop");
  }));

Deno.test("directories beyond all depth are refused; shared ones cost no more than once", () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const meta = put(repo, "dirmeta", encodeDirMeta(ROOT));
    let sum = put(repo, "dirtree", rawTree([]));
    for (let depth = 0; depth < 5000; depth++) {
      sum = put(repo, "dirtree", rawTree([], [["d", sum, meta]]));
    }
    await assertRefused(dir, repo, commit(repo, sum), "deep");

    // 2^100 paths, a hundred objects.
    const wide = Repo.init(`${dir}/wide`, { mode: "archive" });
    put(wide, "dirmeta", encodeDirMeta(ROOT));
    sum = put(wide, "dirtree", rawTree([]));
    for (let depth = 0; depth < 100; depth++) {
      sum = put(wide, "dirtree", rawTree([], [["a", sum, meta], ["b", sum, meta]]));
    }
    const wideCommit = commit(wide, sum);
    assertEquals((await fsck(wide)).problems, []);
    const target = Repo.init(`${dir}/target`, { mode: "archive" });
    assertEquals((await pullLocal(wide, target, [wideCommit])).metadata, 103);
    assertEquals(prune(wide).deleted, 0);
  }));

/** Bytes of a `.filez` with any header. */
function filez(size: bigint, deflated: Uint8Array, mode = 0o100644): Uint8Array {
  const view = new DataView(new ArrayBuffer(26 + 8));
  view.setUint32(0, 26);
  view.setBigUint64(8, size);
  view.setUint32(24, mode);
  view.setUint8(33, 0x19);
  return new Uint8Array([...new Uint8Array(view.buffer), ...deflated]);
}

const zeros = (mebibytes: number) => deflateRawSync(new Uint8Array(mebibytes * 2 ** 20));
const FILES: [what: string, bytes: Uint8Array][] = [
  ["says it has 2^60 bytes", filez(2n ** 60n, zeros(1))],
  ["unpacks to more than it says", filez(10n, zeros(64))],
  ["unpacks to less than it says", filez(2n ** 30n, zeros(1))],
  ["has a header of 4 GiB", Uint8Array.from({ length: 64 }, () => 0xff)],
  ["has no deflated bytes", filez(5n, new Uint8Array())],
  ["is noise behind its header", filez(5n, new Uint8Array(4000).fill(0xfe))],
  ["is a device", filez(0n, zeros(0), 0o020644)],
  ["is empty", new Uint8Array()],
];
for (const [what, bytes] of FILES) {
  Deno.test(`a file of an archive that ${what} is refused`, () =>
    inTemp(async (dir) => {
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      putAt(repo, FILE, "filez", bytes);
      const sum = commit(repo, put(repo, "dirtree", rawTree([["f", FILE]])));
      const target = Repo.init(`${dir}/target`, { mode: "bare-user" });
      await assertRejects(() => pullLocal(repo, target, [sum]), AptOstreeError);
      await assertRejects(async () => {
        for await (const _ of contentPieces(repo, FILE));
      }, AptOstreeError);
      const { root } = repo.readCommit(sum);
      await assertRejects(
        () => checkoutTree(repo, root, `${dir}/out`, { user: true }),
        AptOstreeError,
      );
      assertEquals((await fsck(repo)).problems.length > 0, true);
      assertEquals(target.hasObject(FILE, "file"), false);
    }));
}

Deno.test("a bomb of a gibibyte is checked, pulled and checked out in 200 MiB of memory", () =>
  inTemp(async (dir) => {
    const script = new URL("./programs/bomb.ts", import.meta.url).pathname;
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, dir],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const mebibytes = Number(new TextDecoder().decode(stdout));
    assert(mebibytes > 20 && mebibytes < 200, `it took ${mebibytes} MiB`);
  }));

Deno.test("refs and objects that are no files are refused, not waited for", () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const heads = `${repo.path}/refs/heads`;
    Deno.symlinkSync("/dev/zero", `${heads}/endless`);
    Deno.symlinkSync("loop", `${heads}/loop`);
    Deno.symlinkSync("/etc/passwd", `${heads}/passwd`);
    for (const ref of ["endless", "loop", "passwd"]) {
      await assertRejects(async () => await repo.resolveRev(ref), AptOstreeError, "no checksum");
    }
    await output("mkfifo", `${repo.path}/fifo`);
    for (const [type, extension] of [["file", "filez"], ["dirtree", "dirtree"]] as const) {
      const path = `${repo.path}/objects/${FILE.slice(0, 2)}/${FILE.slice(2)}.${extension}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await output("mkfifo", path);
      await assertRejects(async () => {
        if (type === "file") await repo.statFile(FILE);
        else await repo.readDirTree(FILE);
      }, AptOstreeError);
    }
    Deno.symlinkSync("/dev/zero", `${repo.path}/summary`);
    await assertRejects(async () => await readSummary(repo), AptOstreeError, "summary");
    const split = Repo.init(`${dir}/split`, { mode: "bare-user-only" });
    split.changeConfig((config) => config.get("core")!.set("mode", "bare-split-xattrs"));
    const path = `${split.path}/objects/${FILE.slice(0, 2)}/${FILE.slice(2)}.file`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "");
    Deno.symlinkSync("/dev/zero", `${path}-xattrs-link`);
    await assertRejects(async () => await Repo.open(split.path).statFile(FILE), AptOstreeError);
    await output("rm", `${repo.path}/config`);
    await output("mkfifo", `${repo.path}/config`);
    await assertRejects(async () => await Repo.open(repo.path), AptOstreeError);
  }));
