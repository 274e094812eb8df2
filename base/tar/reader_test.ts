import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { TarLimits } from "./entry.ts";
import { TarError } from "./error.ts";
import { number, parseTarHeader } from "./header.ts";
import { parsePax, paxXattrs } from "./pax.ts";
import { TarReader } from "./reader.ts";

/** A header block with a right checksum. */
function header(name: string, size: string | Uint8Array, flag: string): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  if (typeof size === "string") put(124, size);
  else block.set(size, 124);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, flag);
  put(257, "ustar\0" + "00");
  put(148, block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
  return block;
}

function read(bytes: Uint8Array, step = bytes.length || 1): string[] {
  const seen: string[] = [];
  const reader = new TarReader({
    entry: (entry) => void seen.push(`${entry.type} ${entry.path} ${entry.size}`),
    data: (piece) => void seen.push(`+${piece.length}`),
    end: () => void seen.push("."),
  });
  for (let at = 0; at < bytes.length; at += step) reader.feed(bytes.subarray(at, at + step));
  reader.close();
  return seen;
}

function joined(...blocks: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(blocks.length * 512);
  blocks.forEach((block, at) => all.set(block, at * 512));
  return all;
}

const END = new Uint8Array(512);
const body = (text: string) => {
  const block = new Uint8Array(512);
  block.set(new TextEncoder().encode(text));
  return block;
};

Deno.test("TarReader reads the same however the bytes are cut", () => {
  const tar = joined(
    header("a", "00000000003\0", "0"),
    body("abc"),
    header("PaxHeaders/b", "00000000012\0", "x"),
    body("10 path=bb\n".replace("10", "11")),
    header("b", "00000000000\0", "5"),
    END,
    END,
  );
  // The record's length counts itself: "11 path=bb\n".
  const whole = read(
    joined(
      header("a", "00000000003\0", "0"),
      body("abc"),
      header("p", "00000000013\0", "x"),
      body("11 path=bb\n"),
      header("b", "00000000000\0", "5"),
      END,
      END,
    ),
  );
  assertEquals(whole, ["file a 3", "+3", ".", "dir bb 0", "."]);
  for (const step of [1, 7, 511, 513]) {
    const seen = read(
      joined(
        header("a", "00000000003\0", "0"),
        body("abc"),
        header("p", "00000000013\0", "x"),
        body("11 path=bb\n"),
        header("b", "00000000000\0", "5"),
        END,
        END,
      ),
      step,
    );
    assertEquals(
      seen.filter((line) => !line.startsWith("+")),
      whole.filter((line) => !line.startsWith("+")),
    );
  }
  assertThrows(() => read(tar), TarError, "PAX");
});

Deno.test("TarReader refuses wrong checksums, types, numbers and cuts", () => {
  const damaged = header("a", "00000000003\0", "0");
  damaged[0]! ^= 1;
  assertThrows(() => read(joined(damaged)), TarError, "checksum");
  assertThrows(() => read(joined(header("a", "00000000003\0", "Z"))), TarError, 'type "Z"');
  assertThrows(() => read(joined(header("a", "0000000000x\0", "0"))), TarError, "no number");
  assertThrows(() => read(joined(header("a", "00000000003\0", "0"))), TarError, "ends inside");
  const negative = new Uint8Array(12).fill(0xff);
  assertThrows(() => read(joined(header("a", negative, "0"))), TarError, "no number");
  const huge = new Uint8Array(12).fill(0x7f).fill(0xbf, 0, 1);
  assertThrows(() => read(joined(header("a", huge, "0"))), TarError, "no number");
});

Deno.test("number() reads octal and base 256", () => {
  const field = (text: string) => body(text);
  assertEquals(number(field("0000644\0"), 0, 8), 0o644);
  assertEquals(number(field("  17 \0\0\0"), 0, 8), 0o17);
  assertEquals(number(Uint8Array.of(0x80, 0, 0, 0, 0, 0, 1, 2), 0, 8), 258);
});

Deno.test("parsePax() refuses lengths that do not fit", () => {
  for (
    const text of ["5 a=b\n", "x a=b\n", "7 a=b\n", "6 ab\n\n", "0 a=b\n", "999999999999 a=b\n"]
  ) {
    assertThrows(() => parsePax(new TextEncoder().encode(text)), TarError, "PAX");
  }
});

Deno.test("TarReader gives entries or a TarError for any bytes", () => {
  const blocks = fc.array(
    fc.oneof(
      fc.tuple(
        fc.string({ maxLength: 20 }),
        fc.constantFrom("00000000003\0", "77777777777\0", "00000001000\0"),
        fc.constantFrom(..."0125LKxgS"),
      ).map(
        ([name, size, flag]) => header(name, size, flag),
      ),
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      fc.constant(END),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(blocks, (list) => {
      try {
        read(joined(...list), 100);
      } catch (error) {
        if (!(error instanceof TarError)) throw error;
      }
    }),
    { seed: 9, numRuns: 400 },
  );
});

Deno.test("parseTarHeader() of zeros is the end", () => {
  assertEquals(parseTarHeader(END), undefined);
});

Deno.test("TarReader takes the bytes of files alone, as dpkg does", () => {
  const types: [flag: string, seen: string][] = [
    ["1", "hardlink a 0"],
    ["2", "symlink a 0"],
    ["3", "char a 0"],
    ["5", "dir a 0"],
    ["6", "fifo a 0"],
  ];
  for (const [flag, seen] of types) {
    const next = header("b", "00000000000\0", "0");
    assertEquals(read(joined(header("a", "00000000777\0", flag), next, END)), [
      seen,
      ".",
      "file b 0",
      ".",
    ]);
  }
  assertEquals(read(joined(header("a/", "00000000777\0", "0"), END)), ["dir a/ 0", "."]);
});

Deno.test("TarReader ends at the first block of zeros, as dpkg does", () => {
  assertEquals(read(joined(END, header("hidden", "00000000000\0", "0"), END)), []);
  assertThrows(() => read(new Uint8Array(20 * 1024 ** 2)), TarError, "goes on after its end");
});

Deno.test("TarReader keeps to its limits", () => {
  const pax = (text: string) =>
    joined(header("p", `${text.length.toString(8).padStart(11, "0")}\0`, "g"), body(text));
  const file = header("abc", "00000000001\0", "0");
  const cases: [limits: TarLimits, tar: Uint8Array, message: string][] = [
    [{ maxNameLength: 2 }, file, "a name has 3 bytes"],
    [{ maxNamesSize: 2 }, file, "its names have over 2 bytes"],
    [{ maxEntries: 0 }, file, "more than 0 members"],
    [{ maxFileSize: 0 }, file, '"abc" has 1 bytes'],
    [{ maxHeaderSize: 10 }, pax("11 path=bb\n"), "a header has 11 bytes"],
    [{ maxHeadersSize: 10 }, pax("11 path=bb\n"), "over 10 bytes"],
    [
      { maxHeaderSize: 20 },
      new Uint8Array([...pax("11 path=bb\n"), ...pax("11 path=bb\n")]),
      "global headers have 22",
    ],
  ];
  for (const [limits, tar, message] of cases) {
    const reader = new TarReader({ entry() {}, data() {}, end() {} }, limits);
    assertEquals(assertThrows(() => reader.feed(tar), TarError, message).code, "tar/too-large");
  }
});

Deno.test("paxXattrs() refuses an attribute in a wrong encoding", () => {
  for (const [name, value] of [["user.%zz", "YQ=="], ["user.a", "?"]] as const) {
    const records = new Map([[`LIBARCHIVE.xattr.${name}`, new TextEncoder().encode(value)]]);
    assertThrows(() => paxXattrs(records), TarError, "not encoded right");
  }
});
