/** How far dpkg has come with a package, as its status file says it. */
export type DpkgState = "installed" | "unpacked" | "triggers-pending" | "triggers-awaited";

/** A conffile and the MD5 of the text that the package ships. */
export interface Conffile {
  /** Absolute path. */
  readonly path: string;
  /** 32 lower-case hexadecimal digits. */
  readonly md5: string;
}

/** One package as the status file records it. */
export interface StatusRecord {
  /** Fields of the package's own control file, in any order. */
  readonly control: ReadonlyMap<string, string>;
  readonly state: DpkgState;
  readonly conffiles: readonly Conffile[];
}

/**
 * Order in which dpkg writes the fields that it knows; others follow in the order of the control
 * file.
 *
 * @see dpkg, lib/dpkg/parse.c, `fieldinfos`
 */
const FIELD_ORDER = [
  ...["Package", "Essential", "Protected", "Status", "Priority", "Section", "Installed-Size"],
  ...["Origin", "Maintainer", "Bugs", "Architecture", "Multi-Arch", "Source", "Version"],
  ...["Replaces", "Provides", "Depends", "Pre-Depends", "Recommends", "Suggests", "Breaks"],
  ...["Conflicts", "Enhances", "Conffiles", "Description"],
];

/** One stanza of the status file, without the empty line after it. */
export function formatStatusRecord(record: StatusRecord): string {
  const fields = new Map(record.control);
  fields.set("Status", `install ok ${record.state}`);
  if (record.conffiles.length > 0) {
    fields.set("Conffiles", record.conffiles.map((c) => `\n ${c.path} ${c.md5}`).join(""));
  }
  const known = FIELD_ORDER.filter((name) => fields.has(name));
  const others = [...fields.keys()].filter((name) => !FIELD_ORDER.includes(name));
  return [...known, ...others].map((name) => formatField(name, fields.get(name) ?? "")).join("\n");
}

/** Order that dpkg keeps the stanzas of the status file in: by name, then by architecture. */
export function sortStatusStanzas(stanzas: Iterable<string>): string[] {
  return [...stanzas]
    .map((stanza) => ({
      stanza,
      key: `${field(stanza, "Package")}\0${field(stanza, "Architecture")}`,
    }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ stanza }) => stanza);
}

/** Split a status file into its stanzas. */
export function splitStatus(text: string): string[] {
  return text.split("\n\n").map((stanza) => stanza.replace(/\n+$/, "")).filter((s) => s !== "");
}

/** The whole status file from its stanzas, sorted as dpkg sorts them. */
export function joinStatus(stanzas: Iterable<string>): string {
  return sortStatusStanzas(stanzas).map((stanza) => `${stanza}\n\n`).join("");
}

/** First line of one field of a stanza; "" where it is absent. */
export function field(stanza: string, name: string): string {
  const found = new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(stanza);
  return found?.[1] ?? "";
}

function formatField(name: string, value: string): string {
  return value.startsWith("\n") ? `${name}:${value}` : `${name}: ${value}`;
}
