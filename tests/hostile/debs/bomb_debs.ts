import { RAW_CONTROL } from "../../support/raw_deb.ts";
import { rawHeader } from "../../support/raw_tar.ts";
import { BAD, control, file, type HostileDeb, LARGE, many, OK } from "./hostile_deb.ts";

/** Control part with checksums of the files, as nearly all packages have one. */
const LIKE_REAL = [...control(RAW_CONTROL), ...file("md5sums", "")];

const GIB = 1 << 30;

/** Much from little. */
export const BOMB_DEBS: readonly HostileDeb[] = [
  {
    danger: "1 GiB of zeros in xz",
    data: zeros(GIB),
    pack: [".xz", "xz", "-0", "-c", "-T1"],
    read: OK,
  },
  {
    danger: "1 GiB of zeros in zst",
    data: zeros(GIB),
    pack: [".zst", "zstd", "-c", "-1"],
    read: OK,
  },
  { danger: "1 GiB of zeros in gz", data: zeros(GIB), pack: [".gz", "gzip", "-c", "-1"], read: OK },
  {
    danger: "1 GiB of zeros after the end",
    data: many(1024, () => [new Uint8Array(1 << 20)]),
    pack: [".zst", "zstd", "-c", "-1"],
    read: LARGE,
  },
  {
    danger: "zst with a window of 2 GiB",
    data: zeros(1 << 28),
    pack: [".zst", "zstd", "-c", "-1", "--long=31", "--no-check", "--single-thread"],
    read: BAD,
  },
  {
    danger: "xz with a dictionary of a gibibyte",
    data: zeros(1 << 24),
    pack: [".xz", "xz", "-c", "--lzma2=preset=0,dict=1GiB"],
    read: BAD,
  },
  {
    danger: "10 million entries",
    data: headers(1e7, "usr/share/d", "0"),
    pack: [".zst", "zstd", "-c", "-1"],
    read: LARGE,
  },
  {
    danger: "112,000 entries",
    control: LIKE_REAL,
    data: headers(112_000, "usr/share/d", "0"),
    pack: [".zst", "zstd", "-c", "-1"],
    read: OK,
  },
  {
    danger: "112,000 entries in one directory",
    control: LIKE_REAL,
    data: headers(112_000, "usr/f", "0", false),
    pack: [".zst", "zstd", "-c", "-1"],
    read: OK,
  },
  {
    danger: "112,000 hard links",
    data: chain(
      file("./a"),
      headers(112_000, "d", "1"),
    ),
    pack: [".zst", "zstd", "-c", "-1"],
    read: OK,
  },
];

function* chain(...parts: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const part of parts) yield* part;
}

function* zeros(size: number): Generator<Uint8Array> {
  yield rawHeader({ name: "./zeros", size });
  const piece = new Uint8Array(1 << 20);
  for (let at = 0; at < size; at += piece.length) yield piece;
}

/**
 * Headers of members that take no bytes, each with a name of its own; fast, since the test waits.
 *
 * @param spread Whether there is a directory for every 4096 of them.
 */
function* headers(
  count: number,
  prefix: string,
  flag: string,
  spread = true,
): Generator<Uint8Array> {
  const stem = `./${prefix}`;
  const name = spread ? `${stem}0000/f00000000` : `${stem}00000000`;
  const block = rawHeader({ name, flag, link: flag === "1" ? "./a" : "" });
  const base = block.reduce((sum, byte) => sum + byte, 0) -
    block.subarray(148, 156).reduce((sum, byte) => sum + byte, 0) + 8 * 32;
  const digits = (at: number, length: number, value: number) => {
    let sum = 0;
    for (let i = at + length - 1; i >= at; i--, value = Math.floor(value / 10)) {
      block[i] = 48 + value % 10;
      sum += value % 10;
    }
    return sum;
  };
  for (let i = 0; i < count; i++) {
    let sum = base + digits(name.length - 8, 8, i);
    if (spread) sum += digits(stem.length, 4, i >> 12);
    for (let at = 153; at >= 148; at--, sum >>= 3) block[at] = 48 + (sum & 7);
    yield block;
  }
}
