import { quoted } from "../quoted.ts";
import { TarError } from "./error.ts";

/** Size of a tar block. */
export const TAR_BLOCK = 512;

/** The fields of one header block, not yet interpreted. */
export interface TarHeader {
  /** Name, with its ustar prefix; not longer than 256 bytes. */
  readonly name: string;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Bytes that follow, where the type has any. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Type flag as a character; "0" for the old forms of a regular file. */
  readonly flag: string;
  /** Target of a link. */
  readonly linkname: string;
  /** Name of the owner. */
  readonly uname: string;
  /** Name of the group. */
  readonly gname: string;
  /** Major number of a device. */
  readonly devMajor: number;
  /** Minor number of a device. */
  readonly devMinor: number;
  /** Dialect, by the magic. */
  readonly format: "v7" | "ustar" | "gnu";
}

/**
 * Decode a header block.
 *
 * @param block Exactly {@linkcode TAR_BLOCK} bytes.
 * @returns `undefined` for a block of zeros, which ends an archive.
 * @throws {TarError} `tar/bad-header` if the checksum or a number is wrong.
 * @see tar(5)
 */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  if (sum === 256 && block[0] === 0) return undefined; // only the blanked checksum field counted
  if (sum !== number(block, 148, 8)) {
    throw new TarError("tar/bad-header", "Cannot read tar header: its checksum is wrong");
  }
  const magic = text(block, 257, 6);
  const format = magic.startsWith("ustar ") ? "gnu" : magic === "ustar" ? "ustar" : "v7";
  const flag = block[156] === 0 ? "0" : String.fromCharCode(block[156]!);
  const name = text(block, 0, 100);
  const prefix = format === "ustar" ? text(block, 345, 155) : "";
  const newer = format !== "v7";
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    flag: flag === "7" ? "0" : flag,
    linkname: text(block, 157, 100),
    uname: newer ? text(block, 265, 32) : "",
    gname: newer ? text(block, 297, 32) : "",
    devMajor: newer ? number(block, 329, 8) : 0,
    devMinor: newer ? number(block, 337, 8) : 0,
    format,
  };
}

/**
 * Decode a number: octal digits, or base 256 where the first bit is set.
 *
 * @throws {TarError} `tar/bad-header` for anything else, negative numbers but times among it.
 */
export function number(block: Uint8Array, start: number, length: number): number {
  const first = block[start]!;
  if (first >= 0x80) {
    let value = first & 0x40 ? -1 : first & 0x3f;
    if (value === -1) value = (first & 0x3f) - 0x40;
    for (let i = start + 1; i < start + length; i++) value = value * 256 + block[i]!;
    if (!Number.isSafeInteger(value) || (value < 0 && start !== 136)) {
      throw badNumber(block, start, length);
    }
    return value;
  }
  let value = 0;
  let at = start;
  const end = start + length;
  while (at < end && (block[at] === 32 || block[at] === 0)) at++;
  for (; at < end; at++) {
    const digit = block[at]! - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at++) {
    if (block[at] !== 32 && block[at] !== 0) throw badNumber(block, start, length);
  }
  return value;
}

/** Decode a text field: UTF-8 up to the first NUL. */
export function text(block: Uint8Array, start: number, length: number): string {
  let end = start;
  let ascii = true;
  while (end < start + length && block[end] !== 0) {
    if (block[end]! >= 0x80) ascii = false;
    end++;
  }
  if (end === start) return "";
  if (ascii && end - start < 128) {
    return String.fromCharCode(...block.subarray(start, end));
  }
  return utf8.decode(block.subarray(start, end));
}

const utf8 = new TextDecoder();

function badNumber(block: Uint8Array, start: number, length: number): TarError {
  const found = text(block, start, length);
  return new TarError("tar/bad-header", `Cannot read tar header: ${quoted(found)} is no number`);
}
