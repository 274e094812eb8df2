import { FormatError, getField, parseDeb822, type Stanza } from "@apt-ostree/apt";

/** What a machine-readable copyright file says about licences. */
export interface Copyright {
  /** Short names as the paragraphs about files have them, in order, each once. */
  readonly licenses: readonly string[];
  /** Texts by short name, as far as the file has them. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Field with which a machine-readable copyright file begins. */
const FORMAT = /^(Format|Format-Specification):\s*\S*(copyright-format|dep-?5)/mi;

/**
 * Read a machine-readable copyright file.
 *
 * @param file Name for messages.
 * @returns `undefined` where it is prose, or claims to be machine-readable and is not.
 * @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 */
export function parseCopyright(text: string, file: string): Copyright | undefined {
  if (!FORMAT.test(text.slice(0, 1000))) return undefined;
  let stanzas: Stanza[];
  try {
    stanzas = parseDeb822(text.replaceAll("\r", ""), file);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  const licenses = new Set<string>();
  const texts = new Map<string, string>();
  for (const [at, stanza] of stanzas.entries()) {
    const [first = "", ...lines] = (getField(stanza, "License") ?? "").split("\n");
    const name = first.trim().replace(/\s+/g, " ");
    if (name === "") continue;
    if (at === 0 || getField(stanza, "Files") !== undefined) licenses.add(name);
    const body = lines.map(unfold).join("\n").trim();
    if (body !== "" && !texts.has(name)) texts.set(name, body);
  }
  return { licenses: [...licenses], texts };
}

/** A continuation line as its author wrote it. */
function unfold(line: string): string {
  const text = line.slice(1).trimEnd();
  return text.trim() === "." ? "" : text;
}
