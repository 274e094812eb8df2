import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OciError } from "../error.ts";
import { keepChunks } from "./keep_chunks.ts";
import { ALWAYS, type Component, packChunks } from "./pack_chunks.ts";

/** Name, frequency, size; what other packers make of them is known. */
const SYSTEM = `linux-image 24 72000, firmware 3 61000, llvm 5 60000, python3 9 23000,
  systemd 14 11000, perl 4 9000, glibc 6 8200, openssl 11 3100, bash 1 1900, coreutils 1 1800,
  apt 8 1500, dpkg 7 1400, tzdata 12 900, zlib 1 180, tar 1 90, gzip 1 60,
  unpackaged ${ALWAYS} 4000, initramfs ${ALWAYS} 30000`.split(/,\s+/).map((line): Component => {
  const [name = "", frequency, size] = line.split(" ");
  return { name, frequency: Number(frequency), size: Number(size) };
});

const PACKED: readonly (readonly [most: number, packed: string])[] = [
  [
    8,
    "linux-image|firmware|llvm|perl glibc systemd|tzdata zlib tar gzip python3|" +
    "bash coreutils dpkg apt openssl|initramfs unpackaged|",
  ],
  [
    10,
    "linux-image|firmware|llvm|python3|tzdata zlib tar gzip|perl glibc|bash coreutils|" +
    "dpkg apt openssl systemd|initramfs unpackaged|",
  ],
];

const text = (chunks: readonly (readonly Component[])[]) =>
  chunks.map((chunk) => chunk.map((each) => each.name).join(" ")).join("|");

for (const [most, packed] of PACKED) {
  Deno.test(`packChunks() packs a system into ${most} layers as ostree's packer does`, () => {
    assertEquals(text(packChunks(SYSTEM, most)), packed);
    assertEquals(text(packChunks(SYSTEM.toReversed(), most)), packed);
  });
}

const component = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9.+-]{0,9}$/),
  size: fc.nat(1_000_000),
  frequency: fc.oneof(fc.nat(60), fc.constant(ALWAYS)),
});
const components = fc.uniqueArray(component, { selector: (each) => each.name, maxLength: 120 });

Deno.test("packChunks() puts every component into one of no more layers than allowed", () => {
  fc.assert(fc.property(components, fc.integer({ min: 4, max: 70 }), (list, most) => {
    const chunks = packChunks(list, most);
    assertEquals(chunks.length <= most, true, `${chunks.length} of ${most}`);
    assertEquals(chunks.at(-1), []);
    const names = chunks.flat().map((each) => each.name);
    assertEquals(names.toSorted(), list.map((each) => each.name).toSorted());
  }));
});

Deno.test("packChunks() refuses fewer than four layers", () => {
  assertThrows(() => packChunks([], 3), OciError, "into 3 layers");
});

Deno.test("keepChunks() leaves every layer what it was but those of changed components", () => {
  fc.assert(fc.property(components, components, (before, added) => {
    const old = packChunks(before, 16);
    const names = old.map((chunk) => chunk.map((each) => each.name));
    const fresh = added.filter((each) => !before.some(({ name }) => name === each.name));
    const now = keepChunks(names, [...before.slice(1), ...fresh], 16)!;
    const all = now.flat().map((each) => each.name);
    assertEquals(
      all.toSorted(),
      [...before.slice(1), ...fresh].map((each) => each.name).toSorted(),
    );
    assertEquals(
      now.at(-1)!.map((each) => each.name).toSorted(),
      fresh.map((each) => each.name).toSorted(),
    );
    for (const chunk of now.slice(0, -1)) {
      const inOld = names.find((bin) => bin.includes(chunk[0]!.name))!;
      assertEquals(
        chunk.map((each) => each.name),
        inOld.filter((name) => name !== before[0]?.name),
      );
    }
  }));
});

Deno.test("keepChunks() gives up where the old layers are too many or none", () => {
  const list = ["a", "b", "c", "d", "e"].map((name) => ({ name, size: 1, frequency: 1 }));
  assertEquals(keepChunks(list.map(({ name }) => [name]), list, 4), undefined);
  assertEquals(keepChunks([], list, 4), undefined);
});
