import { rawHeader, rawMember } from "../../support/raw_tar.ts";
import { BAD, dir, ESCAPES, file, type HostileDeb, LARGE, link, OK } from "./hostile_deb.ts";

/** Members that no package should have, and numbers that cannot be. */
export const ODD_DEBS: readonly HostileDeb[] = [
  {
    danger: "device nodes and FIFOs",
    data: ["3", "4", "6"].flatMap((flag) => rawMember({ name: `./n${flag}`, flag, size: 99 })),
    read: OK,
  },
  { danger: "duplicate file", data: [...file("./a", "1"), ...file("./a", "2")], read: OK },
  {
    danger: "file, then a directory of its name",
    data: [...file("./a"), ...dir("./a/")],
    read: OK,
    imported: BAD,
  },
  { danger: "negative size", data: [rawHeader({ name: "a", size: neg(12) })], read: BAD },
  {
    danger: "size with a sign",
    data: [rawHeader({ name: "a", size: ascii("-0000000001") })],
    read: BAD,
  },
  { danger: "size of 2^62", data: [rawHeader({ name: "a", size: big(12, 0x40) })], read: BAD },
  { danger: "size of a terabyte", data: [rawHeader({ name: "a", size: tera() })], read: LARGE },
  {
    danger: "size of 8 GiB, cut off",
    data: [rawHeader({ name: "a", size: 8 ** 11 - 1 })],
    read: LARGE,
  },
  { danger: "size past the end", data: [rawHeader({ name: "a", size: 1e9 })], read: BAD },
  { danger: "owner of 2^40", data: rawMember({ name: "a", uid: big(8, 1) }), read: BAD },
  { danger: "member cut off", dataSize: "9999999999", read: "deb/truncated" },
  { danger: "member of negative size", dataSize: "-1", read: "deb/bad-header" },
  { danger: "unknown compression", dataName: "data.tar.exe", read: "deb/unsupported" },
  { danger: "name with escapes", dataName: "data.\x1b[31m", read: "deb/unsupported" },
  { danger: "format 3", version: "3.0\n", read: "deb/unsupported" },
  { danger: "name that is not UTF-8", data: file(Uint8Array.of(0x61, 0xff)), read: BAD },
  { danger: "target that is not UTF-8", data: link("a", Uint8Array.of(0x61, 0xff)), read: BAD },
  {
    danger: "owner that is not UTF-8",
    data: rawMember({ name: "a", owner: Uint8Array.of(0xff) }),
    read: BAD,
  },
  { danger: "symlink to nothing", data: link("a", ""), read: BAD },
  { danger: "name with a line break", data: file("a\n/etc/passwd"), read: BAD },
  { danger: "name with escapes, outside", data: file(`../${ESCAPES}`), read: BAD },
  {
    danger: "sparse file of a terabyte",
    data: [rawHeader({ name: "a", flag: "S", sparse: sparse(tera()) })],
    read: LARGE,
  },
  {
    danger: "sparse file of 7 GiB in nothing",
    data: [rawHeader({ name: "a", flag: "S", sparse: sparse(ascii("70000000000\0")) })],
    read: LARGE,
  },
];

/** A negative number in base 256. */
function neg(length: number): Uint8Array {
  return new Uint8Array(length).fill(0xff);
}

/** A number of `length` bytes in base 256 that begins with `first`. */
function big(length: number, first: number): Uint8Array {
  const field = new Uint8Array(length);
  field[0] = 0x80;
  field[2] = first;
  return field;
}

function tera(): Uint8Array {
  const field = new Uint8Array(12);
  field[0] = 0x80;
  field[6] = 1;
  return field;
}

/** GNU tar's map of a sparse file without any stored part. */
function sparse(size: Uint8Array): Uint8Array {
  const map = new Uint8Array(109);
  map.set(size, 97);
  return map;
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
