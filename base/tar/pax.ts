import { quoted } from "../quoted.ts";
import { TarError } from "./error.ts";

/** Records of a PAX header: later ones replace earlier ones, empty values delete. */
export type PaxRecords = Map<string, Uint8Array<ArrayBuffer>>;

/** Most records of one PAX header: archivers write some ten, and one for each attribute. */
const MAX_RECORDS = 2000;

/**
 * Read the records of a PAX header: `length key=value\n`, the length in decimal with itself.
 *
 * Values stay bytes, since extended attributes are.
 *
 * @throws {TarError} `tar/bad-header` if a length does not fit, `tar/too-large` for over 2000 records.
 * @see pax(1), "pax Extended Header"
 */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const records: PaxRecords = new Map();
  for (let at = 0, count = 0; at < bytes.length;) {
    if (++count > MAX_RECORDS) {
      throw new TarError("tar/too-large", `Cannot read PAX header: over ${MAX_RECORDS} records`);
    }
    const space = bytes.indexOf(32, at);
    const digits = space < 0 || space - at > 10 ? "" : ascii.decode(bytes.subarray(at, space));
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : -1;
    const equals = end > 0 ? bytes.subarray(0, end).indexOf(61, space + 1) : -1;
    if (end <= space + 1 || end > bytes.length || bytes[end - 1] !== 10 || equals < 0) {
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
    throw new TarError("tar/bad-header", `Cannot read PAX header: ${key} is ${quoted(text)}`);
  }
  return Math.floor(value);
}

/** Text of a PAX record; `undefined` where there is none. */
export function paxText(records: PaxRecords, key: string): string | undefined {
  const bytes = records.get(key);
  return bytes && bytes.length > 0 ? ascii.decode(bytes) : undefined;
}

/** Where GNU tar, star and others keep an attribute as it is; libarchive its own encoded form. */
const [PLAIN, ENCODED] = ["SCHILY.xattr.", "LIBARCHIVE.xattr."];

/**
 * Extended attributes among PAX records.
 *
 * @throws {TarError} `tar/bad-header` if one is not encoded as libarchive does.
 */
export function paxXattrs(records: PaxRecords): [name: string, value: Uint8Array<ArrayBuffer>][] {
  const xattrs = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [key, value] of records) {
    if (key.startsWith(PLAIN)) xattrs.set(key.slice(PLAIN.length), value);
  }
  for (const [key, value] of records) {
    if (!key.startsWith(ENCODED)) continue;
    const [name, decoded] = decodeXattr(key.slice(ENCODED.length), value);
    if (!xattrs.has(name)) xattrs.set(name, decoded);
  }
  return [...xattrs];
}

function decodeXattr(
  name: string,
  value: Uint8Array,
): [name: string, value: Uint8Array<ArrayBuffer>] {
  try {
    return [decodeURIComponent(name), Uint8Array.fromBase64(ascii.decode(value))];
  } catch (cause) {
    if (!(cause instanceof URIError) && !(cause instanceof SyntaxError)) throw cause;
    const message = `Cannot read PAX header: the attribute ${quoted(name)} is not encoded right`;
    throw new TarError("tar/bad-header", message, { cause });
  }
}

const ascii = new TextDecoder();
