import { AR_HEADER_SIZE, AR_MAGIC, parseArHeader } from "./ar_header.ts";
import { damagedDeb } from "./damaged_deb.ts";

/** A member of the outer archive of a .deb. */
export interface DebMember {
  /** Its name, for example `data.tar.xz`. */
  readonly name: string;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** How many they are. */
  readonly size: number;
}

/** The parts of a .deb. */
export interface DebMembers {
  /** Bytes of the whole file. */
  readonly length: number;
  /** The archive with the control file and the scripts. */
  readonly control: DebMember;
  /** The archive with the files. */
  readonly data: DebMember;
}

/** Members that are looked at: there are three, and rarely one or two more. */
const MAX_MEMBERS = 16;
/** Bytes that are read at once. */
const PIECE = 256 * 1024;

/**
 * Find the parts of a .deb, reading nothing of them but the version.
 *
 * @throws {DebError} `deb/bad-header`, `deb/truncated` or `deb/unsupported`.
 * @see deb(5), "FORMAT"
 */
export function readDebMembers(file: string): DebMembers {
  using handle = Deno.openSync(file);
  const length = handle.statSync().size;
  const [version, control, ...rest] = readAll(handle, length, file);
  if (version?.name !== "debian-binary") {
    throw damagedDeb("deb/unsupported", file, "it is no Debian package of format 2");
  }
  checkVersion(readAt(handle, version.offset, Math.min(version.size, 32)), file);
  if (!control) throw damagedDeb("deb/truncated", file, "it has no control archive");
  if (!control.name.startsWith("control.tar")) {
    throw damagedDeb("deb/unsupported", file, "its second member is no control archive");
  }
  // Members whose names begin with "_" are reserved for others and stand before the data.
  const data = rest.find(({ name }) => !name.startsWith("_"));
  if (!data) throw damagedDeb("deb/truncated", file, "it has no data archive");
  if (!data.name.startsWith("data.tar")) {
    throw damagedDeb("deb/unsupported", file, "its third member is no data archive");
  }
  return { length, control, data };
}

/** The bytes of a member, piece by piece. @throws {DebError} If the file has become shorter. */
export function* readDebMember(file: string, member: DebMember): Generator<Uint8Array> {
  using handle = Deno.openSync(file);
  handle.seekSync(member.offset, Deno.SeekMode.Start);
  for (let left = member.size; left > 0;) {
    const buffer = new Uint8Array(Math.min(PIECE, left));
    const read = handle.readSync(buffer);
    if (read === null) throw damagedDeb("deb/truncated", file, `${member.name} is cut off`);
    left -= read;
    yield buffer.subarray(0, read);
  }
}

function readAll(handle: Deno.FsFile, length: number, file: string): DebMember[] {
  const magic = readAt(handle, 0, AR_MAGIC.length);
  if (new TextDecoder("latin1").decode(magic) !== AR_MAGIC) {
    throw damagedDeb("deb/bad-header", file, "it does not begin as an ar archive");
  }
  const members: DebMember[] = [];
  for (let at = AR_MAGIC.length; at < length && members.length < MAX_MEMBERS;) {
    if (at + AR_HEADER_SIZE > length) {
      throw damagedDeb("deb/truncated", file, "it ends inside a header");
    }
    const header = parseArHeader(readAt(handle, at, AR_HEADER_SIZE), file);
    const offset = at + AR_HEADER_SIZE;
    if (offset + header.size > length) {
      throw damagedDeb("deb/truncated", file, `member ${members.length + 1} is cut off`);
    }
    members.push({ ...header, offset });
    // What follows the data is nobody's business: signatures, for example.
    if (members.length > 2 && !header.name.startsWith("_")) break;
    at = offset + header.size + header.size % 2;
  }
  return members;
}

/** Refuse a .deb of another format. @param bytes Of its first member. @throws {DebError} */
export function checkVersion(bytes: Uint8Array, file: string): void {
  if (/^2\.\d+\n/.test(new TextDecoder("latin1").decode(bytes))) return;
  throw damagedDeb("deb/unsupported", file, "its format is not version 2");
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
