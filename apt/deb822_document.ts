import { FormatError } from "./error.ts";
import { parseDeb822 } from "./deb822.ts";

/** A field with all its lines as they stand, comments inside it among them. */
interface Field {
  readonly name: string;
  lines: string[];
}

/** A paragraph: fields, and what stands before the first one. */
interface Paragraph {
  before: string[];
  fields: Field[];
}

/**
 * deb822 text to be edited: what is not touched stays as it was, to the byte, with its comments, order
 * and spaces.
 *
 * @example Usage
 * ```ts
 * import { Deb822Document } from "@apt-ostree/apt";
 * import { assertEquals } from "@std/assert";
 *
 * const sources = new Deb822Document("# ours\nTypes: deb\nSuites:  bookworm\n", "debian.sources");
 * sources.set(0, "Enabled", "no");
 * assertEquals(sources.toString(), "# ours\nTypes: deb\nSuites:  bookworm\nEnabled: no\n");
 * ```
 */
export class Deb822Document {
  readonly #paragraphs: Paragraph[] = [];
  /** Comments and empty lines behind the last paragraph. */
  #after: string[] = [];

  /**
   * Take text apart.
   *
   * @param file Name for messages.
   * @throws {FormatError} `format/bad-deb822` with line and column.
   */
  constructor(text: string, file: string) {
    parseDeb822(text, file); // the one place that knows what is wrong
    let waiting: string[] = [];
    let paragraph: Paragraph | undefined;
    for (const line of text.split("\n")) {
      const field = paragraph?.fields.at(-1);
      if (line.startsWith("#")) waiting.push(line);
      else if (line.trim() === "") {
        waiting.push(line);
        paragraph = undefined;
      } else if (/^[ \t]/.test(line)) {
        field!.lines.push(...waiting, line);
        waiting = [];
      } else {
        if (!paragraph) {
          paragraph = { before: waiting, fields: [] };
          this.#paragraphs.push(paragraph);
        } else paragraph.fields.at(-1)!.lines.push(...waiting);
        waiting = [];
        paragraph.fields.push({ name: line.slice(0, line.indexOf(":")), lines: [line] });
      }
    }
    this.#after = waiting;
  }

  /** Number of paragraphs. */
  get length(): number {
    return this.#paragraphs.length;
  }

  /** Value of a field of a paragraph, without its comments; `undefined` where it has none. */
  get(paragraph: number, name: string): string | undefined {
    const field = this.#find(paragraph, name);
    if (!field) return undefined;
    const [first = "", ...rest] = field.lines.filter((line) => !line.startsWith("#"));
    return [first.slice(first.indexOf(":") + 1).trim(), ...rest].join("\n");
  }

  /**
   * Give a field a value; one that is not there comes to stand last.
   *
   * @param value Its further lines begin with a space or tab, and none of them is empty.
   * @throws {FormatError} `format/bad-deb822` if the value or the name cannot be written.
   */
  set(paragraph: number, name: string, value: string): void {
    const lines = `${name}:${value === "" || value.startsWith("\n") ? "" : " "}${value}`.split(
      "\n",
    );
    if (!/^[!-9;-~]+$/.test(name) || lines.slice(1).some((line) => !/^[ \t]\s*\S/.test(line))) {
      throw new FormatError("format/bad-deb822", `Cannot write field "${name}": it is no field`, {
        subject: name,
        hint: "Begin further lines of a value with a space, write empty ones as ' .'",
      });
    }
    const field = this.#find(paragraph, name);
    const comments = field?.lines.filter((line) => line.startsWith("#")) ?? [];
    if (field) field.lines = [...lines, ...comments];
    else this.#at(paragraph).fields.push({ name, lines });
  }

  /** Take a field away, with the comments inside it. @returns Whether it was there. */
  delete(paragraph: number, name: string): boolean {
    const { fields } = this.#at(paragraph);
    const field = this.#find(paragraph, name);
    if (field) fields.splice(fields.indexOf(field), 1);
    return field !== undefined;
  }

  /** Add an empty paragraph at the end. @returns Its number; give it fields. */
  add(): number {
    this.#paragraphs.push({
      before: [...this.#after.filter((line) => line !== ""), ""],
      fields: [],
    });
    this.#after = [""];
    if (this.#paragraphs.length === 1) this.#paragraphs[0]!.before = [];
    return this.#paragraphs.length - 1;
  }

  /** Take a paragraph away, with the comments before it. */
  remove(paragraph: number): void {
    this.#at(paragraph);
    this.#paragraphs.splice(paragraph, 1);
    if (paragraph === 0 && this.#paragraphs[0]) {
      const { before } = this.#paragraphs[0];
      while (before[0]?.trim() === "") before.shift();
    }
  }

  /** The text. */
  toString(): string {
    const lines = this.#paragraphs.flatMap(({ before, fields }) => [
      ...before,
      ...fields.flatMap((field) => field.lines),
    ]);
    return [...lines, ...this.#after].join("\n");
  }

  #at(paragraph: number): Paragraph {
    const found = this.#paragraphs[paragraph];
    if (found) return found;
    throw new RangeError(`There is no paragraph ${paragraph}, only ${this.#paragraphs.length}`);
  }

  #find(paragraph: number, name: string): Field | undefined {
    const lower = name.toLowerCase();
    return this.#at(paragraph).fields.find((field) => field.name.toLowerCase() === lower);
  }
}
