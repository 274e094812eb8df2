import { FormatError } from "./error.ts";

/**
 * One paragraph of deb822 text: field names, as written, to values, in order.
 *
 * A value keeps its line breaks; the one space or tab that begins a continuation line is kept too,
 * so that {@linkcode formatStanza} gives the text back.
 */
export type Stanza = Map<string, string>;

/**
 * Read deb822 text, the form of control files, indexes and .sources files.
 *
 * Lines that begin with `#` are comments. Field names are compared as written: look them up with
 * {@linkcode getField} where the case may differ.
 *
 * @param text One or more paragraphs.
 * @param file Name for messages.
 * @throws {FormatError} `format/bad-deb822` with line and column.
 * @see deb822(5)
 */
export function parseDeb822(text: string, file: string): Stanza[] {
  const stanzas: Stanza[] = [];
  let stanza: Stanza | undefined;
  let name: string | undefined;
  let tail = ""; // blanks at the end of a field's first line: dpkg keeps them where more lines follow
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.startsWith("#")) continue;
    if (line.trim() === "") {
      stanza = name = undefined;
      continue;
    }
    if (line[0] === " " || line[0] === "\t") {
      if (!stanza || name === undefined) {
        throw bad(file, number, 1, "a continuation line without a field");
      }
      stanza.set(name, `${stanza.get(name)}${tail}\n${line}`);
      tail = "";
      continue;
    }
    const colon = line.indexOf(":");
    name = line.slice(0, colon);
    if (colon < 1 || !/^[!-9;-~]+$/.test(name) || name.startsWith("-")) {
      throw bad(file, number, Math.max(1, colon + 1), "no field name and colon");
    }
    if (!stanza) {
      stanza = new Map();
      stanzas.push(stanza);
    }
    if (stanza.has(name)) throw bad(file, number, 1, `field "${name}" stands twice`);
    const value = line.slice(colon + 1).trim();
    stanza.set(name, value);
    tail = value === "" ? "" : line.slice(line.trimEnd().length);
  }
  return stanzas;
}

/** Read deb822 text that must be exactly one paragraph. */
export function parseStanza(text: string, file: string): Stanza {
  const stanzas = parseDeb822(text, file);
  if (stanzas.length !== 1) throw bad(file, 1, 1, `${stanzas.length} paragraphs instead of one`);
  return stanzas[0]!;
}

/** Text of one paragraph, without the empty line after it. */
export function formatStanza(stanza: Stanza): string {
  return [...stanza].map(([name, value]) =>
    value === "" || value.startsWith("\n") ? `${name}:${value}` : `${name}: ${value}`
  ).join("\n");
}

/** Value of a field, whatever the case its name is written in. */
export function getField(stanza: Stanza, name: string): string | undefined {
  const exact = stanza.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  for (const [key, value] of stanza) if (key.toLowerCase() === lower) return value;
  return undefined;
}

function bad(file: string, line: number, column: number, what: string): FormatError {
  return new FormatError(
    "format/bad-deb822",
    `Cannot read "${file}" at ${line}:${column}: ${what}`,
    {
      subject: file,
      hint: "See deb822(5) for the form",
    },
  );
}
