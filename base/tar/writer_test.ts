import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { lacks } from "../../tests/support/lacks.ts";
import type { TarEntry } from "./entry.ts";
import { TarError } from "./error.ts";
import { TarReader } from "./reader.ts";
import { type TarEntryInput, TarWriter } from "./writer.ts";

type Member = TarEntryInput & { readonly body?: Uint8Array };

function write(members: readonly Member[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const tar = new TarWriter((piece) => pieces.push(piece.slice()));
  for (const { body, ...entry } of members) {
    tar.entry({ ...entry, ...(body ? { size: body.length } : {}) });
    if (body) tar.data(body);
  }
  tar.close();
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function read(bytes: Uint8Array): (TarEntry & { text: string })[] {
  const entries: (TarEntry & { text: string })[] = [];
  const reader = new TarReader({
    entry: (entry) => void entries.push({ ...entry, text: "" }),
    data: (piece) => void (entries.at(-1)!.text += piece.toHex()),
    end: () => {},
  });
  reader.feed(bytes);
  reader.close();
  return entries;
}

const MEMBERS: readonly Member[] = [
  { type: "dir", path: "usr", mode: 0o755 },
  { type: "file", path: "usr/a", mode: 0o4755, uid: 3, gid: 4, body: new Uint8Array(700).fill(97) },
  { type: "file", path: `${"d".repeat(90)}/${"e".repeat(90)}`, body: Uint8Array.of(1) },
  { type: "file", path: "x".repeat(300), mtime: 1700000000 },
  { type: "symlink", path: "usr/lïnk", target: `/${"t".repeat(200)}`, uid: 5_000_000 },
  { type: "hardlink", path: "usr/b", target: "usr/a" },
  { type: "fifo", path: "usr/f", gid: 4_000_000 },
  { type: "char", path: "usr/null", devMajor: 1, devMinor: 3 },
  { type: "file", path: "usr/caps", xattrs: [["user.k", Uint8Array.of(10, 0, 61)]] },
];

Deno.test("TarReader reads what TarWriter wrote", () => {
  const entries = read(write(MEMBERS));
  assertEquals(entries.map(({ path }) => path.replace(/\/$/, "")), MEMBERS.map(({ path }) => path));
  for (const [at, member] of MEMBERS.entries()) {
    const entry = entries[at]!;
    for (const key of ["type", "mode", "uid", "gid", "target", "mtime", "devMinor"] as const) {
      assertEquals(entry[key], member[key] ?? (key === "target" ? "" : 0), `${member.path} ${key}`);
    }
    assertEquals(entry.text, member.body?.toHex() ?? "");
    assertEquals(entry.xattrs, member.xattrs ?? []);
  }
});

Deno.test("TarReader reads back any names, owners and attributes that TarWriter takes", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 260 })
    .filter((text) => !/[\0]|^\/*$|\/$/.test(text) && text.isWellFormed());
  const member = fc.record({
    type: fc.constantFrom("file" as const, "symlink" as const),
    path: name,
    target: name,
    uid: fc.nat(2 ** 31),
    mtime: fc.nat(),
    xattrs: fc.array(
      fc.tuple(fc.stringMatching(/^user\.[a-z]{1,9}$/), fc.uint8Array({ maxLength: 120 })),
      { maxLength: 2 },
    ).map((list) =>
      list.map(([key, value]) => [key, new Uint8Array(value)] as const)
        .filter(([key], at, all) => all.findIndex(([other]) => other === key) === at)
    ),
  });
  fc.assert(
    fc.property(member, (given) => {
      const [entry] = read(write([given]));
      assertEquals(
        [entry!.path, entry!.target, entry!.uid, entry!.mtime, entry!.xattrs],
        [
          given.path,
          given.type === "file" ? "" : given.target,
          given.uid,
          given.mtime,
          given.xattrs,
        ],
      );
    }),
    { numRuns: 300, seed: 11 },
  );
});

Deno.test("Python and GNU tar read what TarWriter wrote", {
  ignore: await lacks("python3", "tar"),
}, async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, write(MEMBERS));
    const script = "import sys, tarfile\n" +
      "for m in tarfile.open(sys.argv[1]): print(m.name, oct(m.mode), m.uid, m.gid, m.size, " +
      "m.mtime, m.linkname, m.type.decode(), m.devmajor, m.devminor, sep='|')";
    const { stdout, stderr } = await new Deno.Command("python3", { args: ["-c", script, file] })
      .output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const flags = { dir: 5, file: 0, symlink: 2, hardlink: 1, fifo: 6, char: 3, block: 4 };
    assertEquals(
      new TextDecoder().decode(stdout).trim().split("\n"),
      MEMBERS.map((m) => {
        const ids = `${m.uid ?? 0}|${m.gid ?? 0}|${m.body?.length ?? 0}|${m.mtime ?? 0}`;
        const rest = `${m.target ?? ""}|${flags[m.type]}|${m.devMajor ?? 0}|${m.devMinor ?? 0}`;
        return `${m.path}|0o${(m.mode ?? 0).toString(8)}|${ids}|${rest}`;
      }),
    );
    const tar = await new Deno.Command("tar", { args: ["-tf", file, "--quoting-style=literal"] })
      .output();
    assertEquals(new TextDecoder().decode(tar.stderr), "");
    assertEquals(new TextDecoder().decode(tar.stdout).trim().split("\n").length, MEMBERS.length);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("TarWriter refuses a file that is not as long as it said", () => {
  const tar = new TarWriter(() => {});
  tar.entry({ type: "file", path: "a", size: 2 });
  tar.data(new Uint8Array(1));
  assertThrows(() => tar.data(new Uint8Array(2)), TarError, '"a" to an archive: it has more bytes');
  assertThrows(() => tar.close(), TarError, "1 bytes of it are missing");
  assertThrows(() => new TarWriter(() => {}).entry({ type: "file", path: "" }), TarError);
});
