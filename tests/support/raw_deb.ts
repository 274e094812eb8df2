import { RAW_END, rawMember } from "./raw_tar.ts";

/** A .deb to make from raw parts, right or wrong. */
export interface RawDeb {
  /** Blocks of the control archive without its end. @default one with a control file */
  readonly control?: Iterable<Uint8Array>;
  /** Blocks of the data archive without its end. @default none */
  readonly data?: Iterable<Uint8Array>;
  /** Program that compresses the data, and the ending of the member's name. */
  readonly pack?: readonly [ending: string, ...argv: string[]];
  /** Content of `debian-binary`. @default "2.0\n" */
  readonly version?: string;
  /** Name of the data member. @default "data.tar" and the ending of `pack` */
  readonly dataName?: string;
  /** What the header says about the size of the data member. @default the truth */
  readonly dataSize?: string;
}

/** Control file of every such package, unless it has one of its own. */
export const RAW_CONTROL =
  "Package: raw\nVersion: 1\nArchitecture: all\nMaintainer: Tests <tests@example.org>\nDescription: raw\n";

/** Write a .deb. */
export async function writeRawDeb(path: string, deb: RawDeb): Promise<void> {
  const { control = rawMember({ name: "./control" }, RAW_CONTROL), data = [] } = deb;
  const name = deb.dataName ?? `data.tar${deb.pack?.[0] ?? ""}`;
  const packed = `${path}.data`;
  await pack(packed, withEnd(data), deb.pack?.slice(1) ?? ["cat"]);
  try {
    const { size } = Deno.statSync(packed);
    using file = Deno.openSync(path, { write: true, create: true, truncate: true });
    const write = (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    };
    const member = (title: string, length: string, bytes: Iterable<Uint8Array>) => {
      write(new TextEncoder().encode(arHeader(title, length)));
      let written = 0;
      for (const piece of bytes) {
        write(piece);
        written += piece.length;
      }
      if (written % 2 === 1) write(Uint8Array.of(10));
    };
    write(new TextEncoder().encode("!<arch>\n"));
    const version = new TextEncoder().encode(deb.version ?? "2.0\n");
    member("debian-binary", String(version.length), [version]);
    const blocks = [...withEnd(control)];
    const length = blocks.reduce((sum, block) => sum + block.length, 0);
    member("control.tar", String(length), blocks);
    member(name, deb.dataSize ?? String(size), readPieces(packed));
  } finally {
    Deno.removeSync(packed);
  }
}

/** Header of an ar member. */
export function arHeader(name: string, size: string): string {
  return `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${
    size.padEnd(10)
  }\`\n`;
}

function* withEnd(blocks: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield* blocks;
  yield RAW_END;
}

/** Let a program compress what comes, some mebibytes at a time. */
async function pack(path: string, blocks: Iterable<Uint8Array>, argv: string[]): Promise<void> {
  const child = new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const reading = child.stdout.pipeTo(file.writable);
  const writer = child.stdin.getWriter();
  const buffer = new Uint8Array(1024 * 1024);
  let filled = 0;
  for (const block of blocks) {
    for (let at = 0; at < block.length;) {
      const take = Math.min(block.length - at, buffer.length - filled);
      buffer.set(block.subarray(at, at + take), filled);
      at += take;
      filled += take;
      if (filled < buffer.length) continue;
      await writer.write(buffer);
      filled = 0;
    }
  }
  await writer.write(buffer.subarray(0, filled));
  await writer.close();
  await reading;
  const { code } = await child.status;
  if (code !== 0) throw new Error(`${argv.join(" ")}: status ${code}`);
}

function* readPieces(path: string): Generator<Uint8Array> {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(1024 * 1024);
  for (let read; (read = file.readSync(buffer)) !== null;) yield buffer.subarray(0, read);
}
