import { quoted } from "@apt-ostree/base";
import { FormatError } from "./error.ts";
import { formatStanza, getField, parseDeb822, type Stanza } from "./deb822.ts";

/** A file that names package sources, in either of apt's forms. */
export interface SourcesFile {
  /** File name with its ending: `.sources` for deb822, `.list` for one-line form. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
}

/** One source: an archive, its suites and components. */
export interface AptSource {
  /** File name and paragraph or line, for messages. */
  readonly place: string;
  /** `deb`, `deb-src`. */
  readonly types: readonly string[];
  /** Archives. */
  readonly uris: readonly string[];
  /** Suites. */
  readonly suites: readonly string[];
  /** Components. */
  readonly components: readonly string[];
  /** All other options by their deb822 name, for example `Signed-By`. */
  readonly options: ReadonlyMap<string, string>;
}

/** deb822 names of the options of one-line form. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  "arch": "Architectures",
  "lang": "Languages",
  "target": "Targets",
  "pdiffs": "PDiffs",
  "by-hash": "By-Hash",
  "allow-insecure": "Allow-Insecure",
  "allow-weak": "Allow-Weak",
  "allow-downgrade-to-insecure": "Allow-Downgrade-To-Insecure",
  "trusted": "Trusted",
  "signed-by": "Signed-By",
  "check-valid-until": "Check-Valid-Until",
  "valid-until-min": "Valid-Until-Min",
  "valid-until-max": "Valid-Until-Max",
  "check-date": "Check-Date",
  "date-max-future": "Date-Max-Future",
  "inrelease-path": "InRelease-Path",
  "snapshot": "Snapshot",
};

/** Endings of deb822 names for `+=` and `-=` of one-line form. */
const CHANGES: Readonly<Record<string, string>> = { "+": "-Add", "-": "-Remove" };

/**
 * Read a sources file; disabled paragraphs and comments are left out.
 *
 * @throws {FormatError} `format/bad-sources` or `format/bad-deb822`.
 * @see sources.list(5)
 */
export function parseSources(file: SourcesFile): AptSource[] {
  if (file.name.endsWith(".sources")) return parseStanzas(file);
  return file.text.split("\n").flatMap((line, index) => {
    const place = `${file.name}:${index + 1}`;
    const source = parseLine(line.replace(/#.*/, "").trim(), place);
    return source ? [source] : [];
  });
}

/**
 * A sources file in which every relative path of `Signed-By` is taken from `directory`.
 *
 * Keys that stand in the file itself stay as they are.
 */
export function anchorSources(file: SourcesFile, directory: string): SourcesFile {
  const anchor = (value: string) =>
    value.includes("\n") || value === ""
      ? value
      : value.split(/[,\s]+/).map((path) =>
        path.startsWith("/") || !/[./]/.test(path) ? path : `${directory}/${path}`
      ).join(",");
  if (!file.name.endsWith(".sources")) {
    const text = file.text.replace(
      /(signed-by=)([^\s\]]+)/g,
      (_, key, value) => key + anchor(value),
    );
    return { ...file, text };
  }
  const stanzas = parseDeb822(file.text, file.name).map((stanza) =>
    new Map(
      [...stanza].map(([name, value]) =>
        [name, name.toLowerCase() === "signed-by" ? anchor(value) : value] as const
      ),
    )
  );
  return { ...file, text: stanzas.map((stanza) => `${formatStanza(stanza)}\n`).join("\n") };
}

/** Paths of keys in `Signed-By` that are not there. */
export function missingKeys(file: SourcesFile): string[] {
  return parseSources(file).flatMap(({ options }) => {
    const named = [...options].filter(([name]) => name.toLowerCase() === "signed-by");
    return named.flatMap(([, value]) => value.includes("\n") ? [] : value.split(/[,\s]+/))
      .filter((word) => word.startsWith("/") && !isThere(word));
  });
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function parseStanzas(file: SourcesFile): AptSource[] {
  return parseDeb822(file.text, file.name).flatMap((stanza, index) => {
    const place = `${file.name}:${index + 1}`;
    if (/^(no|false|0|off|without|disable)$/i.test(getField(stanza, "Enabled") ?? "yes")) return [];
    const known = new Set(["types", "uris", "suites", "components", "enabled"]);
    const options = [...stanza].filter(([name]) => !known.has(name.toLowerCase()));
    return [{
      place,
      types: words(stanza, "Types", place),
      uris: words(stanza, "URIs", place),
      suites: words(stanza, "Suites", place),
      components: (getField(stanza, "Components") ?? "").split(/\s+/).filter((word) => word !== ""),
      options: new Map(options),
    }];
  });
}

function words(stanza: Stanza, name: string, place: string): string[] {
  const found = (getField(stanza, name) ?? "").split(/\s+/).filter((word) => word !== "");
  if (found.length === 0) throw bad(place, `it has no ${name}`);
  return found;
}

function parseLine(line: string, place: string): AptSource | undefined {
  if (line === "") return undefined;
  const found = /^(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
  if (!found) throw bad(place, `${quoted(line)} is not "deb [options] uri suite components"`);
  const [, type, optionText = "", uri, suite, components] = found;
  const options = new Map<string, string>();
  for (const option of optionText.split(/\s+/).filter((word) => word !== "")) {
    const equals = option.indexOf("=");
    const [, key = "", sign = ""] = /^(.*?)([+-]?)$/.exec(option.slice(0, equals)) ?? [];
    const name = `${OPTION_NAMES[key] ?? key}${CHANGES[sign] ?? ""}`;
    options.set(name, option.slice(equals + 1).replaceAll(",", " "));
  }
  return {
    place,
    types: [type!],
    uris: [uri!],
    suites: [suite!],
    components: components!.split(/\s+/).filter((word) => word !== ""),
    options,
  };
}

function bad(place: string, what: string): FormatError {
  return new FormatError("format/bad-sources", `Cannot read source ${place}: ${what}`, {
    subject: place,
    hint: "See sources.list(5) for the form",
  });
}
