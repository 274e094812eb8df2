import { type ListedChecksum, parseChecksumList } from "./checksum_list.ts";
import { getField, parseStanza, type Stanza } from "./deb822.ts";
import { FormatError } from "./error.ts";

/** What an archive says about one of its suites. */
export interface Release {
  /** For example `stable`. */
  readonly suite: string | undefined;
  /** For example `bookworm`. */
  readonly codename: string | undefined;
  /** For example `Debian`. */
  readonly origin: string | undefined;
  /** For example `Debian-Security`. */
  readonly label: string | undefined;
  /** For example `12.5`. */
  readonly version: string | undefined;
  /** Seconds since 1970 when it was made; `undefined` where it does not say. */
  readonly date: number | undefined;
  /** Seconds since 1970 from which on it must not be believed. */
  readonly validUntil: number | undefined;
  /** dpkg architectures. */
  readonly architectures: readonly string[];
  /** For example `main`. */
  readonly components: readonly string[];
  /** Whether indexes can be fetched by their digest. */
  readonly acquireByHash: boolean;
  /** Strongest kind of digest that it lists, and the files by their path. */
  readonly hash: "sha512" | "sha256" | "sha1" | "md5" | undefined;
  /** Files by path, with digests of that kind. */
  readonly files: ReadonlyMap<string, ListedChecksum>;
  /** All fields as they are. */
  readonly fields: Stanza;
}

const HASHES = [
  ["SHA512", "sha512"],
  ["SHA256", "sha256"],
  ["SHA1", "sha1"],
  ["MD5Sum", "md5"],
] as const;

/**
 * Read a Release file, or the signed text of an InRelease file; nothing is verified.
 *
 * @param file Name for messages.
 * @throws {FormatError} `format/bad-deb822`, `format/bad-release`, `format/bad-checksums`.
 * @see DebianRepository/Format on the Debian wiki
 */
export function parseRelease(text: string, file: string): Release {
  const fields = parseStanza(signedText(text, file), file);
  const field = (name: string) => getField(fields, name);
  const words = (name: string) => (field(name) ?? "").split(/\s+/).filter((word) => word !== "");
  const found = HASHES.find(([name]) => field(name) !== undefined);
  const list = found ? parseChecksumList(field(found[0])!, file) : [];
  return {
    suite: field("Suite"),
    codename: field("Codename"),
    origin: field("Origin"),
    label: field("Label"),
    version: field("Version"),
    date: date(field("Date"), "Date", file),
    validUntil: date(field("Valid-Until"), "Valid-Until", file),
    architectures: words("Architectures"),
    components: words("Components"),
    acquireByHash: field("Acquire-By-Hash")?.toLowerCase() === "yes",
    hash: found?.[1],
    files: new Map(list.map((each) => [each.path, each])),
    fields,
  };
}

/**
 * Text that a clear signature covers, or the whole text where there is no signature.
 *
 * Text before or behind the signed part is refused: who reads the file without the signature in mind
 * would take it for signed.
 *
 * @throws {FormatError} `format/bad-release`.
 * @see RFC 4880, section 7
 */
export function signedText(text: string, file: string): string {
  const start = "-----BEGIN PGP SIGNED MESSAGE-----";
  if (!text.startsWith(start)) {
    if (text.includes(start)) throw bad(file, "text stands before the signed part");
    return text;
  }
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const body = lines.indexOf("");
  const signature = lines.indexOf("-----BEGIN PGP SIGNATURE-----", body);
  const end = lines.indexOf("-----END PGP SIGNATURE-----", signature);
  if (body < 0 || signature < 0 || end < 0) throw bad(file, "its signature is cut off");
  if (lines.slice(end + 1).some((line) => line.trim() !== "")) {
    throw bad(file, "text stands behind the signature");
  }
  if (lines.slice(1, body).some((line) => !/^Hash: /.test(line))) {
    throw bad(file, "its signed part has headers that are none");
  }
  return lines.slice(body + 1, signature).map((line) => line.replace(/^- /, "")).join("\n");
}

function date(text: string | undefined, name: string, file: string): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!Number.isFinite(time)) throw bad(file, `its ${name} is "${text}"`);
  return Math.floor(time / 1000);
}

function bad(file: string, what: string): FormatError {
  return new FormatError("format/bad-release", `Cannot read release file "${file}": ${what}`, {
    subject: file,
    hint: "Fetch it again",
  });
}
