import { normalizeStatusField, STATUS_FIELDS } from "./status_fields.ts";
import type { RecordedConffile } from "./installed_package.ts";

/** How far dpkg has come with a package, as its status file says it. */
export type DpkgState =
  | "installed"
  | "unpacked"
  | "triggers-pending"
  | "triggers-awaited"
  | "config-files";

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
  readonly conffiles: readonly (Conffile & Partial<RecordedConffile>)[];
  /** Version that was configured last, where that is not the one unpacked. */
  readonly configVersion?: string;
}

const CANONICAL = new Map(STATUS_FIELDS.map((name) => [name.toLowerCase(), name]));

/** One stanza of the status file, without the empty line after it. */
export function formatStatusRecord(record: StatusRecord): string {
  const fields = new Map<string, string>();
  for (const [name, value] of record.control) {
    const known = CANONICAL.get(name.toLowerCase()) ?? name;
    const normal = normalizeStatusField(known, value);
    if (normal !== undefined) fields.set(known, normal);
  }
  fields.set("Status", `install ok ${record.state}`);
  if (record.configVersion !== undefined) fields.set("Config-Version", record.configVersion);
  if (record.conffiles.length > 0) {
    fields.set("Conffiles", record.conffiles.map((c) => `\n ${formatConffile(c)}`).join(""));
  }
  const known = STATUS_FIELDS.filter((name) => fields.has(name));
  const others = [...fields.keys()].filter((name) => !STATUS_FIELDS.includes(name));
  return [...known, ...others].map((name) => formatField(name, fields.get(name) ?? "")).join("\n");
}

function formatConffile(conffile: StatusRecord["conffiles"][number]): string {
  const { path, md5, obsolete = false, removeOnUpgrade = false } = conffile;
  return `${path} ${md5}${obsolete ? " obsolete" : ""}${
    removeOnUpgrade ? " remove-on-upgrade" : ""
  }`;
}

/**
 * A stanza that says that the package does not have these conffiles any more.
 *
 * @param configured Whether dpkg would have configured the package before; else it has no digests yet.
 */
export function markConffilesObsolete(
  stanza: string,
  names: ReadonlySet<string>,
  configured: boolean,
): string {
  return stanza.replace(
    /^ (\/.*) ([0-9a-f]{32}|newconffile)$/gm,
    (line, path: string, md5: string) =>
      names.has(path) ? ` ${path} ${configured ? md5 : "newconffile"} obsolete` : line,
  );
}

/** Order that dpkg keeps the stanzas of the status file in: by name, then by architecture. */
export function sortStatusStanzas(stanzas: Iterable<string>): string[] {
  return [...stanzas]
    .map((stanza) => ({ stanza, key: stanzaKey(stanza) }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ stanza }) => stanza);
}

/** What tells a stanza apart: name and architecture. */
export function stanzaKey(stanza: string): string {
  return `${field(stanza, "Package")}\0${field(stanza, "Architecture")}`;
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
