import { quoted } from "@apt-ostree/base";
import { damagedDeb } from "./damaged_deb.ts";

/** Length of an ar member header, in bytes. */
export const AR_HEADER_SIZE = 60;

/** First bytes of every ar archive, a .deb among them. */
export const AR_MAGIC = "!<arch>\n";

/** An ar member header, decoded. */
export interface ArHeader {
  /** Member name without its padding, for example `data.tar.xz`. */
  readonly name: string;
  /** Body length in bytes; the padding byte after an odd body is not in it. */
  readonly size: number;
}

/**
 * Decode one ar member header, the frame around each part of a .deb.
 *
 * @param block Exactly {@linkcode AR_HEADER_SIZE} bytes: name, times, owner, mode, size, magic.
 * @param file The .deb as the user would name it, for messages only.
 * @throws {RangeError} If `block` has another length: a bug in the caller.
 * @throws {DebError} `deb/bad-header` if the magic or the size is malformed.
 * @see deb(5), "FORMAT"
 */
export function parseArHeader(block: Uint8Array, file: string): ArHeader {
  if (block.length !== AR_HEADER_SIZE) {
    throw new RangeError(`Cannot parse ar header: length is ${block.length}`);
  }
  const text = new TextDecoder("latin1").decode(block);
  const size = text.slice(48, 58);
  if (text.slice(58) !== "`\n" || !/^\d+ *$/.test(size)) {
    throw damagedDeb("deb/bad-header", file, `ar header is ${quoted(text)}`);
  }
  return { name: text.slice(0, 16).trimEnd().replace(/\/$/, ""), size: Number(size) };
}
