import {
  type CompressionFormat,
  decompress,
  hostRunner,
  insidePath,
  RunError,
  type Runner,
  type TarEntry,
  TarError,
  type TarHandler,
  TarReader,
} from "@apt-ostree/base";
import { AR_HEADER_SIZE, AR_MAGIC, parseArHeader } from "./ar_header.ts";
import { parseStanza, type Stanza } from "./deb822.ts";
import { DebError } from "./error.ts";

/** How {@linkcode openDeb} reads. */
export interface OpenDebOptions {
  /** Starts the decompressor. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the reading; calls then throw the signal's reason. */
  readonly signal?: AbortSignal;
  /** Most bytes that one file may unpack to. @default {8_589_934_592} */
  readonly maxFileSize?: number;
  /** Most bytes that all files together may unpack to. @default {68_719_476_736} */
  readonly maxTotalSize?: number;
  /** Most members of one archive. @default {2_000_000} */
  readonly maxEntries?: number;
}

/** A member of the control archive. */
export interface ControlMember {
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Permission bits as in the archive. */
  readonly mode: number;
}

/** A .deb whose control part has been read. */
export interface Deb {
  /** Path of the file. */
  readonly file: string;
  /** The `control` member. */
  readonly control: Stanza;
  /** All members of the control archive by name, `control` among them. */
  readonly members: ReadonlyMap<string, ControlMember>;
  /**
   * Read the files that the package ships, in archive order, once.
   *
   * The paths are checked: they have no leading slash and no `..`; "" is the root directory.
   *
   * @throws {DebError} `deb/bad-data` for damage, a path outside the root, or too much of anything.
   */
  walk(handler: TarHandler): Promise<void>;
}

/** Largest control archive; the largest of Debian have a few mebibytes. */
const MAX_CONTROL = 64 * 1024 * 1024;
const PIECE = 256 * 1024;

/**
 * Open a .deb and read its control part.
 *
 * The file is not checked against anything: compare its checksum first where it matters.
 *
 * @throws {DebError} If it is no Debian package of format 2.
 * @see deb(5)
 */
export async function openDeb(file: string, options: OpenDebOptions = {}): Promise<Deb> {
  const members = readMembers(file);
  const [version, control, data] = members;
  if (version?.name !== "debian-binary" || !control?.name.startsWith("control.tar")) {
    throw bad("deb/unsupported", file, "it is no Debian package of format 2.0");
  }
  // Members whose names begin with "_" are reserved for others and stand before the data.
  const body = data?.name.startsWith("_")
    ? members.find((m) => m.name.startsWith("data.tar"))
    : data;
  if (!body?.name.startsWith("data.tar")) {
    throw bad("deb/truncated", file, "it has no data archive");
  }
  const found = await readControl(file, control, options);
  const text = found.get("control");
  if (!text) throw bad("deb/bad-control", file, "it has no control file");
  return {
    file,
    control: parseStanza(new TextDecoder().decode(text.bytes), `${file}: control`),
    members: found,
    walk: (handler) => walkData(file, body, handler, options),
  };
}

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

function readMembers(file: string): Member[] {
  using handle = Deno.openSync(file);
  const length = handle.statSync().size;
  const magic = readAt(handle, 0, AR_MAGIC.length);
  if (new TextDecoder("latin1").decode(magic) !== AR_MAGIC) {
    throw bad("deb/bad-header", file, "it does not begin as an ar archive");
  }
  const members: Member[] = [];
  for (let at = AR_MAGIC.length; at + AR_HEADER_SIZE <= length && members.length < 16;) {
    const header = parseArHeader(readAt(handle, at, AR_HEADER_SIZE), file);
    const offset = at + AR_HEADER_SIZE;
    if (offset + header.size > length) {
      throw bad("deb/truncated", file, `"${header.name}" is cut off`);
    }
    members.push({ ...header, offset });
    at = offset + header.size + header.size % 2;
  }
  return members;
}

async function readControl(
  file: string,
  member: Member,
  options: OpenDebOptions,
): Promise<Map<string, ControlMember>> {
  const members = new Map<string, ControlMember>();
  let name = "";
  let entry: TarEntry | undefined;
  let body = new Uint8Array();
  let at = 0;
  let total = 0;
  const reader = new TarReader({
    entry(next) {
      entry = next;
      name = insidePath(next.path) ?? "";
      total += next.size;
      if (total > MAX_CONTROL) {
        throw bad("deb/too-large", file, `its control part has ${total} bytes`);
      }
      body = new Uint8Array(next.size);
      at = 0;
    },
    data(piece) {
      body.set(piece, at);
      at += piece.length;
    },
    end() {
      if (entry?.type !== "file" || name === "") return;
      if (name.includes("/")) throw bad("deb/bad-control", file, `its control part has "${name}"`);
      members.set(name, { bytes: body, mode: entry.mode });
    },
  }, { maxFileSize: MAX_CONTROL, maxEntries: 1000 });
  await unpack(file, member, (piece) => reader.feed(piece), options);
  close(reader, file);
  return members;
}

async function walkData(
  file: string,
  member: Member,
  handler: TarHandler,
  options: OpenDebOptions,
): Promise<void> {
  const { maxFileSize = 8 * 1024 ** 3, maxTotalSize = 64 * 1024 ** 3, maxEntries = 2_000_000 } =
    options;
  let total = 0;
  const reader = new TarReader({
    entry(entry) {
      total += entry.size;
      if (total > maxTotalSize) {
        throw bad("deb/too-large", file, `its files have over ${maxTotalSize} bytes`);
      }
      const path = inside(entry.path, file);
      const target = entry.type === "hardlink" ? inside(entry.target, file) : entry.target;
      handler.entry({ ...entry, path, target });
    },
    data: (piece) => handler.data(piece),
    end: () => handler.end(),
  }, { maxFileSize, maxEntries });
  await unpack(file, member, (piece) => reader.feed(piece), options);
  close(reader, file);
}

async function unpack(
  file: string,
  member: Member,
  onPiece: (piece: Uint8Array) => void,
  options: OpenDebOptions,
): Promise<void> {
  const format = compression(member.name, file);
  const { runner = hostRunner, signal } = options;
  try {
    await decompress(format, pieces(file, member), onPiece, {
      runner,
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (cause instanceof TarError || (cause instanceof RunError && cause.code !== "run/missing")) {
      const what = cause instanceof TarError ? cause.message : `"${member.name}" does not unpack`;
      throw bad("deb/bad-data", file, what, cause);
    }
    throw cause;
  }
}

function compression(name: string, file: string): CompressionFormat {
  const ending = /^(?:control|data)\.tar(?:\.(gz|xz|zst|bz2|lzma))?$/.exec(name);
  if (!ending) throw bad("deb/unsupported", file, `it has a member "${name}"`);
  return (ending[1] ?? "none") as CompressionFormat;
}

function* pieces(file: string, member: Member): Generator<Uint8Array> {
  using handle = Deno.openSync(file);
  handle.seekSync(member.offset, Deno.SeekMode.Start);
  for (let left = member.size; left > 0;) {
    const buffer = new Uint8Array(Math.min(PIECE, left));
    const read = handle.readSync(buffer);
    if (read === null) throw bad("deb/truncated", file, `"${member.name}" is cut off`);
    left -= read;
    yield buffer.subarray(0, read);
  }
}

function inside(path: string, file: string): string {
  const safe = insidePath(path);
  if (safe !== undefined) return safe;
  throw bad("deb/bad-data", file, `the path ${JSON.stringify(path)} leads outside or is not UTF-8`);
}

function close(reader: TarReader, file: string): void {
  try {
    reader.close();
  } catch (cause) {
    if (!(cause instanceof TarError)) throw cause;
    throw bad("deb/bad-data", file, cause.message, cause);
  }
}

function readAt(handle: Deno.FsFile, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  handle.seekSync(at, Deno.SeekMode.Start);
  for (let filled = 0; filled < length;) {
    const read = handle.readSync(bytes.subarray(filled));
    if (read === null) return bytes.subarray(0, filled);
    filled += read;
  }
  return bytes;
}

function bad(
  code: ConstructorParameters<typeof DebError>[0],
  file: string,
  what: string,
  cause?: unknown,
): DebError {
  return new DebError(code, `Cannot read "${file}": ${what}`, {
    subject: file,
    hint: "The file is damaged or no Debian package: download it again",
    cause,
  });
}
