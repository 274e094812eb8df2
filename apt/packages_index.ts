import { Buffer } from "node:buffer";
import { FormatError } from "./error.ts";
import { parseDeb822, type Stanza } from "./deb822.ts";

const NEWLINE = 10;
/** Most bytes of an index that is read; Debian's largest has 60 million. */
const MAX_INDEX = 512 * 1024 * 1024;
const decoder = new TextDecoder("utf-8", { fatal: false });
const PACKAGE = new TextEncoder().encode("Package: ");

/**
 * A Packages, Sources or Translation index: many paragraphs, read when they are looked at.
 *
 * Holds the bytes of the index and where its paragraphs begin; a full Debian index of 60,000 packages
 * is taken apart in a fraction of a second.
 *
 * @example Usage
 * ```ts
 * import { PackagesIndex } from "@apt-ostree/apt";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n";
 * const index = PackagesIndex.parse(new TextEncoder().encode(text), "Packages");
 * assertEquals(index.length, 2);
 * assertEquals(index.find("b").map((stanza) => stanza.get("Version")), ["2"]);
 * ```
 */
export class PackagesIndex {
  /** Name for messages. */
  readonly file: string;
  readonly #bytes: Uint8Array;
  /** Where each paragraph begins, and at last where the index ends. */
  readonly #starts: Uint32Array;
  #byName: Map<string, number | number[]> | undefined;
  /** A character a byte: strings are searched several times faster than bytes. */
  #latin1: string | undefined;

  private constructor(bytes: Uint8Array, starts: Uint32Array, file: string) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.file = file;
  }

  /**
   * Find the paragraphs of an index.
   *
   * @param bytes Kept as long as the index is.
   * @throws {FormatError} `format/bad-index` if a paragraph does not begin with a field, or if it has
   * more than 4 GiB.
   */
  static parse(bytes: Uint8Array, file: string): PackagesIndex {
    if (bytes.length >= 2 ** 32) throw bad(file, `it has ${bytes.length} bytes`);
    let starts = new Uint32Array(1024);
    let count = 0;
    for (let at = 0; at < bytes.length;) {
      while (bytes[at] === NEWLINE) at++;
      if (at >= bytes.length) break;
      if (count + 2 > starts.length) {
        const more = new Uint32Array(starts.length * 2);
        more.set(starts);
        starts = more;
      }
      starts[count++] = at;
      at = endOfParagraph(bytes, at);
    }
    starts[count] = bytes.length;
    return new PackagesIndex(bytes, starts.subarray(0, count + 1), file);
  }

  /**
   * Read an index from a file.
   *
   * @param name For messages.
   * @throws {FormatError} `format/bad-index`, for one that is far larger than any archive's as well.
   */
  static read(file: string, name: string): PackagesIndex {
    const { size } = Deno.statSync(file);
    if (size > MAX_INDEX) throw bad(name, `it has ${size} bytes, more than ${MAX_INDEX}`);
    return PackagesIndex.parse(Deno.readFileSync(file), name);
  }

  /** Number of paragraphs. */
  get length(): number {
    return this.#starts.length - 1;
  }

  /** Text of one paragraph, without the empty line behind it. */
  text(at: number): string {
    return decoder.decode(this.#bytes.subarray(this.#starts[at], this.#starts[at + 1])).trimEnd();
  }

  /** Fields of one paragraph. @throws {FormatError} `format/bad-deb822`. */
  stanza(at: number): Stanza {
    return parseDeb822(this.text(at), `${this.file}, paragraph ${at + 1}`)[0]!;
  }

  /** Value of the field `Package` of one paragraph; "" where it has none. */
  name(at: number): string {
    const start = this.#starts[at]!;
    // Nearly always the first field.
    if (PACKAGE.every((byte, i) => this.#bytes[start + i] === byte)) {
      const end = this.#bytes.indexOf(NEWLINE, start);
      const from = start + PACKAGE.length;
      return decoder.decode(this.#bytes.subarray(from, end < 0 ? this.#bytes.length : end)).trim();
    }
    return this.stanza(at).get("Package") ?? "";
  }

  /** Numbers of the paragraphs about a package, in the order of the index. */
  positions(name: string): number[] {
    const found = this.#names().get(name);
    return found === undefined ? [] : typeof found === "number" ? [found] : found;
  }

  /** Paragraphs about a package, in the order of the index. */
  find(name: string): Stanza[] {
    return this.positions(name).map((at) => this.stanza(at));
  }

  /** Numbers of the paragraphs that have some ASCII text anywhere, in the order of the index. */
  mentioning(text: string): number[] {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    const all = this.#latin1 ??= Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
    const found: number[] = [];
    for (let at = all.indexOf(text); at >= 0;) {
      const paragraph = this.#paragraphAt(at);
      found.push(paragraph);
      at = all.indexOf(text, this.#starts[paragraph + 1]!);
    }
    return found;
  }

  /** Names of all packages, each once, in the order of the index. */
  names(): IterableIterator<string> {
    return this.#names().keys();
  }

  /** All paragraphs. */
  *[Symbol.iterator](): Generator<Stanza> {
    for (let at = 0; at < this.length; at++) yield this.stanza(at);
  }

  /** Number of the paragraph that a byte belongs to. */
  #paragraphAt(byte: number): number {
    let [low, high] = [0, this.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= byte) low = middle;
      else high = middle;
    }
    return low;
  }

  #names(): Map<string, number | number[]> {
    if (this.#byName) return this.#byName;
    const names = new Map<string, number | number[]>();
    for (let at = 0; at < this.length; at++) {
      const name = this.name(at);
      const found = names.get(name);
      if (found === undefined) names.set(name, at);
      else if (typeof found === "number") names.set(name, [found, at]);
      else found.push(at);
    }
    return this.#byName = names;
  }
}

/** Where the empty line behind a paragraph begins, or the end. */
function endOfParagraph(bytes: Uint8Array, from: number): number {
  for (let at = from;;) {
    const line = bytes.indexOf(NEWLINE, at);
    if (line < 0) return bytes.length;
    if (bytes[line + 1] === NEWLINE || line + 1 >= bytes.length) return line + 1;
    at = line + 1;
  }
}

function bad(file: string, what: string): FormatError {
  return new FormatError("format/bad-index", `Cannot read index "${file}": ${what}`, {
    subject: file,
    hint: "Fetch the package lists again",
  });
}
