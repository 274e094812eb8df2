import { TarError } from "./error.ts";

/** Records of a PAX header: later ones replace earlier ones, empty values delete. */
export type PaxRecords = Map<string, Uint8Array<ArrayBuffer>>;

/**
 * Read the records of a PAX header: `length key=value\n`, the length in decimal with itself.
 *
 * Values stay bytes, since extended attributes are.
 *
 * @throws {TarError} `tar/bad-header` if a length does not fit.
 * @see pax(1), "pax Extended Header"
 */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const records: PaxRecords = new Map();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const digits = space < 0 || space - at > 10 ? "" : ascii.decode(bytes.subarray(at, space));
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : -1;
    const equals = bytes.indexOf(61, space + 1);
    if (
      end <= space + 1 || end > bytes.length || bytes[end - 1] !== 10 || equals < 0 || equals >= end
    ) {
      throw new TarError(
        "tar/bad-header",
        `Cannot read PAX header: a record at byte ${at} is damaged`,
      );
    }
    records.set(ascii.decode(bytes.subarray(space + 1, equals)), bytes.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A number of a PAX record. @throws {TarError} `tar/bad-header` if it is none. */
export function paxNumber(records: PaxRecords, key: string): number | undefined {
  const bytes = records.get(key);
  if (!bytes || bytes.length === 0) return undefined;
  const text = ascii.decode(bytes);
  const value = Number(text);
  if (!/^-?\d+(\.\d+)?$/.test(text) || !Number.isSafeInteger(Math.floor(value))) {
    throw new TarError(
      "tar/bad-header",
      `Cannot read PAX header: ${key} is ${JSON.stringify(text)}`,
    );
  }
  return Math.floor(value);
}

/** Text of a PAX record; `undefined` where there is none. */
export function paxText(records: PaxRecords, key: string): string | undefined {
  const bytes = records.get(key);
  return bytes && bytes.length > 0 ? ascii.decode(bytes) : undefined;
}

/** Prefixes under which archivers keep extended attributes. */
const XATTR_PREFIXES = ["SCHILY.xattr.", "LIBARCHIVE.xattr."];

/** Extended attributes among PAX records. */
export function paxXattrs(records: PaxRecords): [name: string, value: Uint8Array<ArrayBuffer>][] {
  const xattrs = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [key, value] of records) {
    if (key.startsWith("SCHILY.xattr.")) xattrs.set(key.slice("SCHILY.xattr.".length), value);
  }
  for (const [key, value] of records) {
    const prefix = XATTR_PREFIXES[1]!;
    if (!key.startsWith(prefix)) continue;
    const name = decodeURIComponent(key.slice(prefix.length));
    if (!xattrs.has(name)) xattrs.set(name, Uint8Array.fromBase64(ascii.decode(value)));
  }
  return [...xattrs];
}

const ascii = new TextDecoder();
