import {
  type CompressionFormat,
  decompress,
  hostRunner,
  insidePath,
  quoted,
  RunError,
  type TarEntry,
  TarError,
  type TarHandler,
  TarReader,
} from "@apt-ostree/base";
import { damagedDeb } from "./damaged_deb.ts";
import { type DebLimits, debLimits, type OpenDebOptions } from "./deb_limits.ts";
import { type DebMember, readDebMember, readDebMembers } from "./deb_members.ts";
import { parseStanza, type Stanza } from "./deb822.ts";

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
   * @throws {DebError} `deb/bad-data` for damage and a path that cannot be laid out,
   * `deb/too-large` for too much of anything.
   */
  walk(handler: TarHandler): Promise<void>;
}

/** Members of a control archive; packages have some ten. */
const MAX_CONTROL_MEMBERS = 1000;
/** Most bytes of the control file; the largest of Debian have some hundred kibibytes. */
const MAX_CONTROL_FILE = 4 * 1024 * 1024;
/** Longest name of one file or directory, in bytes, on every filesystem. */
const NAME_MAX = 255;

/** Longest value of an extended attribute, in bytes, on every filesystem. */
const XATTR_SIZE_MAX = 65_536;
/** Attributes of one file; filesystems have room for some dozens. */
const MAX_XATTRS = 100;

/**
 * Open a .deb and read its control part.
 *
 * The file is not checked against anything: compare its checksum first where it matters.
 *
 * @throws {DebError} If it is no Debian package of format 2.
 * @throws {FormatError} If its control file is not in deb822 form.
 * @see deb(5)
 */
export async function openDeb(file: string, options: OpenDebOptions = {}): Promise<Deb> {
  const { length, control, data } = readDebMembers(file);
  const pieces = (member: DebMember) => ({
    name: member.name,
    pieces: readDebMember(file, member),
  });
  return await openParts(file, length, pieces(control), () => pieces(data), data.name, options);
}

/** A part of a .deb on its way to be unpacked. */
export interface DebPart {
  /** Its name, for example `data.tar.xz`. */
  readonly name: string;
  /** Its bytes, once. */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Read the control part of a .deb, and get ready to read the other one.
 *
 * @param file Name for messages.
 * @param length Bytes of the whole .deb.
 * @param data Gives the part with the files, when it is wanted.
 * @throws {DebError} As {@linkcode openDeb}.
 */
export async function openParts(
  file: string,
  length: number,
  control: DebPart,
  data: () => DebPart,
  dataName: string,
  options: OpenDebOptions,
): Promise<Deb> {
  const limits = debLimits(options, length);
  compression(dataName, file); // what cannot be walked is not opened
  const found = await readControl(file, control, limits, options);
  const text = found.get("control")?.bytes;
  if (!text) throw damagedDeb("deb/bad-control", file, "it has no control file");
  if (text.length > MAX_CONTROL_FILE) {
    throw damagedDeb("deb/too-large", file, `its control file has ${text.length} bytes`);
  }
  if (text.includes(0)) throw damagedDeb("deb/bad-control", file, "its control file has a NUL");
  return {
    file,
    control: parseStanza(new TextDecoder().decode(text), `${file}: control`),
    members: found,
    walk: (handler) => walkData(file, data(), handler, limits, options),
  };
}

async function readControl(
  file: string,
  member: DebPart,
  limits: DebLimits,
  options: OpenDebOptions,
): Promise<Map<string, ControlMember>> {
  const { maxControlSize } = limits;
  const members = new Map<string, ControlMember>();
  let entry: TarEntry | undefined;
  let body = new Uint8Array();
  let at = 0;
  let total = 0;
  const reader = new TarReader({
    entry(next) {
      entry = next;
      total += next.size;
      if (total > maxControlSize) {
        throw damagedDeb(
          "deb/too-large",
          file,
          `its control part has over ${maxControlSize} bytes`,
        );
      }
      body = new Uint8Array(next.size);
      at = 0;
    },
    data(piece) {
      body.set(piece, at);
      at += piece.length;
    },
    end() {
      if (entry?.type !== "file") return;
      const name = insidePath(entry.path) ?? "";
      // The names become parts of file names in dpkg's database, which has the same bound.
      if (!/^[\w+.~-]{1,100}$/.test(name)) {
        throw damagedDeb("deb/bad-control", file, `its control part has ${quoted(entry.path)}`);
      }
      members.set(name, { bytes: body, mode: entry.mode });
    },
  }, {
    maxFileSize: maxControlSize,
    maxEntries: MAX_CONTROL_MEMBERS,
    maxHeadersSize: maxControlSize,
  });
  await unpack(file, member, reader, options);
  return members;
}

async function walkData(
  file: string,
  member: DebPart,
  handler: TarHandler,
  limits: DebLimits,
  options: OpenDebOptions,
): Promise<void> {
  const { maxFileSize, maxTotalSize, maxEntries, maxDepth, maxNameLength, maxNamesSize } = limits;
  let total = 0;
  const reader = new TarReader({
    entry(entry) {
      total += entry.size;
      if (total > maxTotalSize) {
        throw damagedDeb("deb/too-large", file, `its files have over ${maxTotalSize} bytes`);
      }
      const path = inside(entry.path, file, maxDepth);
      let { target } = entry;
      if (entry.type === "hardlink") target = inside(target, file, maxDepth);
      else if (entry.type === "symlink") checkTarget(entry, file);
      checkText(entry, file);
      handler.entry({ ...entry, path, target });
    },
    data: (piece) => handler.data(piece),
    end: () => handler.end(),
  }, { maxFileSize, maxEntries, maxNameLength, maxNamesSize });
  await unpack(file, member, reader, options);
}

/** Read a whole archive; what is wrong with it is told about the .deb. */
async function unpack(
  file: string,
  member: DebPart,
  reader: TarReader,
  options: OpenDebOptions,
): Promise<void> {
  const format = compression(member.name, file);
  const { runner = hostRunner, signal } = options;
  try {
    await decompress(format, member.pieces, (piece) => reader.feed(piece), {
      runner,
      ...(signal ? { signal } : {}),
    });
    reader.close();
  } catch (cause) {
    if (cause instanceof TarError) {
      const code = cause.code === "tar/too-large" ? "deb/too-large" : "deb/bad-data";
      throw damagedDeb(code, file, cause.message, cause);
    }
    const unreadable = cause instanceof RunError && cause.code !== "run/missing";
    if (!unreadable) throw cause;
    throw damagedDeb("deb/bad-data", file, `${member.name} does not unpack`, cause);
  }
}

function compression(name: string, file: string): CompressionFormat {
  const ending = /^(?:control|data)\.tar(?:\.(gz|xz|zst|bz2|lzma))?$/.exec(name);
  if (!ending) throw damagedDeb("deb/unsupported", file, `it has a member ${quoted(name)}`);
  return (ending[1] ?? "none") as CompressionFormat;
}

function inside(path: string, file: string, maxDepth: number): string {
  const safe = insidePath(path);
  if (safe === undefined) {
    const what = `the path ${quoted(path)} leads outside or is not UTF-8`;
    throw damagedDeb("deb/bad-data", file, what);
  }
  if (safe.includes("\n")) { // dpkg's lists of files have a line each
    throw damagedDeb("deb/bad-data", file, `the path ${quoted(path)} has a line break`);
  }
  const parts = safe.split("/");
  if (parts.length > maxDepth) {
    throw damagedDeb("deb/too-large", file, `the path ${quoted(path)} has ${parts.length} parts`);
  }
  if (parts.some(isLong)) {
    throw damagedDeb("deb/too-large", file, `the path ${quoted(path)} has a part too long`);
  }
  return safe;
}

function isLong(part: string): boolean {
  if (part.length * 3 <= NAME_MAX) return false; // no character has more than three bytes a unit
  return new TextEncoder().encode(part).length > NAME_MAX;
}

/** A symbolic link may point anywhere, but to something that can be written down. */
function checkTarget({ path, target }: TarEntry, file: string): void {
  if (target !== "" && !/[\0\ufffd]/.test(target)) return;
  const what = `the link ${quoted(path)} has the target ${quoted(target)}`;
  throw damagedDeb("deb/bad-data", file, what);
}

function checkText({ path, uname, gname, xattrs }: TarEntry, file: string): void {
  const texts = [uname, gname, ...xattrs.map(([name]) => name)];
  const odd = texts.some((text) => text.length > NAME_MAX || /[\0\ufffd]/.test(text)) ||
    xattrs.some(([name, value]) => name === "" || value.length > XATTR_SIZE_MAX);
  if (odd) {
    const what = `${quoted(path)} has an owner or attribute that no system can hold`;
    throw damagedDeb("deb/bad-data", file, what);
  }
  if (xattrs.length > MAX_XATTRS) {
    throw damagedDeb("deb/too-large", file, `${quoted(path)} has ${xattrs.length} attributes`);
  }
}
