import { rawHeader, rawMember, rawPax } from "../../support/raw_tar.ts";
import { BAD, file, type HostileDeb, LARGE, link, long, many, OK } from "./hostile_deb.ts";

/** Long names and headers. */
export const HEADER_DEBS: readonly HostileDeb[] = [
  { danger: "name of 900 KiB", data: long("a/".repeat(450 << 10)), read: LARGE },
  {
    danger: "name said to have a gibibyte",
    data: [rawHeader({ name: "L", flag: "L", size: 1 << 30 })],
    read: LARGE,
  },
  {
    danger: "names without end",
    data: many(1 << 10, () => rawMember({ name: "L", flag: "L" }, new Uint8Array(1 << 20))),
    pack: [".zst", "zstd", "-c", "-1"],
    read: LARGE,
  },
  { danger: "directory 2000 deep", data: long("d/".repeat(2000) + "f"), read: LARGE },
  { danger: "part of 256 bytes", data: long(`usr/${"é".repeat(128)}`), read: LARGE },
  {
    danger: "deep directories that are no members",
    data: many(2000, (i) => long(`${i}/${"d/".repeat(100)}f`)),
    read: OK,
    imported: LARGE,
  },
  {
    danger: "PAX header of 200,000 records",
    data: [...rawMember({ name: "p", flag: "x" }, "5 a=\n".repeat(200_000)), ...file("a")],
    read: LARGE,
  },
  {
    danger: "PAX headers without end",
    data: many(
      1 << 10,
      () => rawMember({ name: "p", flag: "x" }, `${1 << 20} a=${"x".repeat((1 << 20) - 11)}\n`),
    ),
    pack: [".xz", "xz", "-0", "-c", "-T1"],
    read: LARGE,
  },
  {
    danger: "global PAX headers that grow",
    data: many(5000, (i) => rawPax([[`k${i}`, "v".repeat(5000)]], "g")),
    read: LARGE,
  },
  { danger: "PAX size of -1", data: [...rawPax([["size", "-1"]]), ...file("a")], read: BAD },
  {
    danger: "PAX size of 1e400",
    data: [...rawPax([["size", "1".repeat(400)]]), ...file("a")],
    read: BAD,
  },
  { danger: "PAX path with a NUL", data: [...rawPax([["path", "a\0b"]]), ...file("a")], read: BAD },
  {
    danger: "PAX target with a NUL",
    data: [...rawPax([["linkpath", "a\0b"]]), ...link("a", "b")],
    read: BAD,
  },
  {
    danger: "PAX path that leads outside",
    data: [...rawPax([["path", "../../x"]]), ...file("a")],
    read: BAD,
  },
  {
    danger: "PAX owner without number",
    data: [...rawPax([["uid", "0x10"]]), ...file("a")],
    read: BAD,
  },
  {
    danger: "PAX sparse file",
    data: [...rawPax([["GNU.sparse.major", "1"]]), ...file("a")],
    read: BAD,
  },
  {
    danger: "attribute that is not encoded",
    data: [...rawPax([["LIBARCHIVE.xattr.%zz", "?"]]), ...file("a")],
    read: BAD,
  },
  {
    danger: "attribute of 900 KiB",
    data: [...rawPax([["SCHILY.xattr.user.a", "v".repeat(900 << 10)]]), ...file("a")],
    read: BAD,
  },
  {
    danger: "1900 attributes on a file",
    data: [
      ...rawPax(Array.from({ length: 1900 }, (_, i) => [`SCHILY.xattr.user.${i}`, "v"])),
      ...file("a"),
    ],
    read: LARGE,
  },
  {
    danger: "attribute without a name",
    data: [...rawPax([["SCHILY.xattr.", "v"]]), ...file("a")],
    read: BAD,
  },
];
