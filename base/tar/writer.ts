import type { TarEntry } from "./entry.ts";
import { TarError } from "./error.ts";
import { TAR_BLOCK } from "./header.ts";

/** What {@linkcode TarWriter.entry} needs of a member; what is left out is 0 or empty. */
export type TarEntryInput =
  & Pick<TarEntry, "type" | "path">
  & Partial<Omit<TarEntry, "type" | "path">>;

const FLAGS: Readonly<Record<TarEntry["type"], string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  dir: "5",
  fifo: "6",
};

/** Largest number in eleven, and in seven, octal digits. */
const MAX_SIZE = 0o77777777777;
const MAX_ID = 0o7777777;

/**
 * Writes a tar archive: ustar, with PAX records only where a value does not fit or is not ASCII.
 *
 * The same members give the same bytes: nothing of the host, no time but the members' own.
 *
 * @example Usage
 * ```ts
 * import { TarWriter } from "@apt-ostree/base";
 *
 * const pieces: Uint8Array[] = [];
 * const tar = new TarWriter((piece) => pieces.push(piece.slice()));
 * tar.entry({ type: "file", path: "hello", mode: 0o644, size: 5 });
 * tar.data(new TextEncoder().encode("hello"));
 * tar.close();
 * ```
 * @see POSIX.1-2017, pax, "pax Interchange Format"
 */
export class TarWriter {
  readonly #write: (bytes: Uint8Array) => void;
  /** Bytes of the current member that are still to come, and those behind them up to the block. */
  #left = 0;
  #padding = 0;
  #path = "";

  /** Create a writer; `write` gets bytes that it may keep only until it returns. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /**
   * Begin a member; the content of a file follows by {@linkcode TarWriter.data}.
   *
   * @throws {TarError} `tar/bad-entry` if the member before it lacks bytes, or a name has a NUL.
   */
  entry(entry: TarEntryInput): void {
    this.#finish();
    const { path } = entry;
    const target = entry.type.endsWith("link") ? entry.target ?? "" : "";
    if (path === "" || `${path}${target}`.includes("\0")) {
      throw badEntry(path, "its name or target is empty or has a NUL");
    }
    const size = entry.type === "file" ? entry.size ?? 0 : 0;
    const name = entry.type === "dir" && !path.endsWith("/") ? `${path}/` : path;
    const records = paxRecords({ ...entry, path: name, target, size });
    if (records.length > 0) {
      const short = name.replace(/\/$/, "").split("/").at(-1)!.replace(/[^ -~]/g, "_");
      this.#write(header({ type: "file", path: `PaxHeaders/${short.slice(0, 80)}` }, records, "x"));
      this.#write(records);
      this.#write(new Uint8Array(padding(records.length)));
    }
    this.#write(header({ ...entry, path: name, target }, size, FLAGS[entry.type]));
    this.#path = path;
    this.#left = size;
    this.#padding = padding(size);
  }

  /** The next bytes of the file that {@linkcode TarWriter.entry} began. */
  data(piece: Uint8Array): void {
    if (piece.length > this.#left) throw badEntry(this.#path, "it has more bytes than it said");
    this.#write(piece);
    this.#left -= piece.length;
  }

  /** End the archive. */
  close(): void {
    this.#finish();
    this.#write(new Uint8Array(2 * TAR_BLOCK));
  }

  #finish(): void {
    if (this.#left > 0) throw badEntry(this.#path, `${this.#left} bytes of it are missing`);
    if (this.#padding > 0) this.#write(new Uint8Array(this.#padding));
    this.#padding = 0;
  }
}

function header(
  entry: TarEntryInput,
  content: number | Uint8Array,
  flag: string,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(TAR_BLOCK);
  const size = typeof content === "number" ? content : content.length;
  const [prefix, name] = splitName(entry.path) ?? ["", entry.path];
  put(block, 0, 100, name);
  octal(block, 100, 8, entry.mode ?? (flag === "x" ? 0o644 : 0));
  octal(block, 108, 8, fits(entry.uid ?? 0, MAX_ID));
  octal(block, 116, 8, fits(entry.gid ?? 0, MAX_ID));
  octal(block, 124, 12, fits(size, MAX_SIZE));
  octal(block, 136, 12, fits(entry.mtime ?? 0, MAX_SIZE));
  put(block, 156, 1, flag);
  put(block, 157, 100, entry.target ?? "");
  put(block, 257, 8, "ustar\x0000");
  put(block, 265, 32, entry.uname ?? "");
  put(block, 297, 32, entry.gname ?? "");
  octal(block, 329, 8, entry.devMajor ?? 0);
  octal(block, 337, 8, entry.devMinor ?? 0);
  put(block, 345, 155, prefix);
  let sum = 8 * 32; // the checksum's own field counts as spaces
  for (const byte of block) sum += byte;
  octal(block, 148, 7, sum);
  block[155] = 32;
  return block;
}

/** Everything about a member that its header block cannot hold, as PAX records. */
function paxRecords(entry: Required<Pick<TarEntry, "path" | "target" | "size">> & TarEntryInput) {
  const records: Uint8Array[] = [];
  const add = (key: string, value: string | Uint8Array) => records.push(record(key, value));
  if (entry.gid !== undefined && entry.gid > MAX_ID) add("gid", String(entry.gid));
  if (entry.target.length > 100 || !isAscii(entry.target)) add("linkpath", entry.target);
  const { mtime = 0 } = entry;
  if (mtime !== fits(mtime, MAX_SIZE)) add("mtime", String(mtime));
  if (!splitName(entry.path)) add("path", entry.path);
  if (entry.size > MAX_SIZE) add("size", String(entry.size));
  if (entry.uid !== undefined && entry.uid > MAX_ID) add("uid", String(entry.uid));
  for (const [name, value] of entry.xattrs ?? []) add(`SCHILY.xattr.${name}`, value);
  const all = new Uint8Array(records.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of records) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function record(key: string, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const start = new TextEncoder().encode(` ${key}=`);
  const body = start.length + bytes.length + 1;
  let length = body + String(body).length;
  if (body + String(length).length !== length) length = body + String(length).length;
  const digits = new TextEncoder().encode(String(length));
  const out = new Uint8Array(length);
  out.set(digits);
  out.set(start, digits.length);
  out.set(bytes, digits.length + start.length);
  out[length - 1] = 10;
  return out;
}

/** Prefix and name as the header's two fields hold them; `undefined` where they cannot. */
function splitName(path: string): [prefix: string, name: string] | undefined {
  if (!isAscii(path)) return undefined;
  if (path.length <= 100) return ["", path];
  for (let at = path.indexOf("/"); at > 0 && at <= 155; at = path.indexOf("/", at + 1)) {
    const name = path.slice(at + 1);
    if (name !== "" && name.length <= 100) return [path.slice(0, at), name];
  }
  return undefined;
}

function put(block: Uint8Array, start: number, length: number, text: string): void {
  new TextEncoder().encodeInto(text, block.subarray(start, start + length));
}

function octal(block: Uint8Array, start: number, length: number, value: number): void {
  put(block, start, length - 1, value.toString(8).padStart(length - 1, "0"));
}

function fits(value: number, max: number): number {
  return Number.isInteger(value) && value >= 0 && value <= max ? value : 0;
}

function padding(size: number): number {
  return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function badEntry(path: string, what: string): TarError {
  return new TarError("tar/bad-entry", `Cannot write "${path}" to an archive: ${what}`, {
    subject: path,
  });
}
