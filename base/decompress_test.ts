import { assertEquals, assertRejects } from "@std/assert";
import { lacks } from "../tests/support/lacks.ts";
import { type CompressionFormat, decompress } from "./decompress.ts";
import { RunError } from "./run.ts";

const PROGRAMS: [format: CompressionFormat, argv: string[]][] = [
  ["gz", ["gzip"]],
  ["xz", ["xz"]],
  ["lzma", ["xz", "--format=lzma"]],
  ["bz2", ["bzip2"]],
  ["zst", ["zstd"]],
  ["none", ["cat"]],
];
const ignore = await lacks("gzip", "xz", "bzip2", "zstd");
const plain = new Uint8Array(3_000_000).map((_, i) => (i * i) >> 9);

async function packed(argv: string[]): Promise<Uint8Array> {
  const child = new Deno.Command(argv[0]!, {
    args: [...argv.slice(1), ...(argv[0] === "cat" ? [] : ["-c"])],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const writing = writer.write(plain).then(() => writer.close());
  const { stdout } = await child.output();
  await writing;
  return stdout;
}

function* pieces(bytes: Uint8Array, size = 60_000): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

Deno.test.each(PROGRAMS)("decompress() undoes %s", { ignore }, async (format, argv) => {
  let at = 0;
  let same = true;
  await decompress(format, pieces(await packed(argv)), (piece) => {
    same &&= piece.every((byte, i) => byte === plain[at + i]);
    at += piece.length;
  });
  assertEquals([at, same], [plain.length, true]);
});

Deno.test(
  "decompress() throws what the receiver throws, and what the decoder finds",
  { ignore },
  async () => {
    const xz = await packed(["xz"]);
    const gz = await packed(["gzip"]);
    const fail = () => {
      throw new Error("enough");
    };
    await assertRejects(() => decompress("xz", pieces(xz), fail), Error, "enough");
    await assertRejects(() => decompress("gz", pieces(gz), fail), Error, "enough");
    await assertRejects(() => decompress("xz", pieces(xz.subarray(0, 5000)), () => {}), RunError);
    await assertRejects(() => decompress("gz", pieces(gz.subarray(0, 5000)), () => {}), RunError);
  },
);

Deno.test("decompress() reads all frames of zst, and misses no end", { ignore }, async () => {
  const zst = await packed(["zstd", "--check"]);
  const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  const length = async (bytes: Uint8Array, step?: number) => {
    let sum = 0;
    await decompress("zst", pieces(bytes, step), (piece) => void (sum += piece.length));
    return sum;
  };
  assertEquals(await length(new Uint8Array([...zst, ...skippable, ...zst])), 2 * plain.length);
  assertEquals(await length(zst.slice(), 777), plain.length);
  for (const cut of [0, 1, 4, 5, 9, 1000, zst.length - 4, zst.length - 1]) {
    await assertRejects(() => length(zst.subarray(0, cut)), RunError);
  }
  await assertRejects(() => length(new Uint8Array([...zst, 1, 2, 3, 4])), RunError);
  await assertRejects(() => length(new Uint8Array([...zst, 0x28])), RunError);
});
