import { FormatError } from "./error.ts";

/** One line of a list of checksums. */
export interface ListedChecksum {
  /** Hexadecimal digits in lower case. */
  readonly digest: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Its path, from where the list lies. */
  readonly path: string;
}

/**
 * Read a list of checksums, as Release, .changes and .dsc files have them: digest, size, path a line;
 * section and priority of a .changes file are read over.
 *
 * @param file Name for messages.
 * @throws {FormatError} `format/bad-checksums` with the line.
 */
export function parseChecksumList(value: string, file: string): ListedChecksum[] {
  return value.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const words = line.trim().split(/\s+/);
    const [digest = "", size = ""] = words;
    const path = words.at(-1) ?? "";
    if (words.length < 3 || !/^[0-9a-fA-F]{32,128}$/.test(digest) || !/^\d{1,15}$/.test(size)) {
      const message = `Cannot read the checksums of "${file}": a line is "${line.trim()}"`;
      throw new FormatError("format/bad-checksums", message, {
        subject: file,
        hint: "A line is: digest, size, path",
      });
    }
    return { digest: digest.toLowerCase(), size: Number(size), path };
  });
}
