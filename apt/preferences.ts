import { getField, parseDeb822 } from "./deb822.ts";

/** A file of apt's preferences. */
export interface PreferencesFile {
  /** For messages, for example `preferences.d/site`. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
}

/** One paragraph of preferences. */
export interface Pin {
  /** Name of the file. */
  readonly file: string;
  /** Packages as they are written: names, patterns, `*`. */
  readonly packages: readonly string[];
  /** What it chooses, for example `version 1.0`, `release n=bookworm`. */
  readonly pin: string;
}

/** Read preferences. @throws {FormatError} `format/bad-deb822`. @see apt_preferences(5) */
export function parsePreferences(file: PreferencesFile): Pin[] {
  return parseDeb822(file.text, file.name).map((stanza) => ({
    file: file.name,
    packages: (getField(stanza, "Package") ?? "").split(/\s+/).filter((word) => word !== ""),
    pin: getField(stanza, "Pin") ?? "",
  }));
}

/**
 * The pin that decides about a package: the first that names it, else the only one for all packages.
 *
 * @returns `undefined` where none names it, and several or none are for all.
 */
export function findPin(pins: readonly Pin[], name: string): Pin | undefined {
  const named = pins.find(({ packages }) =>
    packages.some((word) => word !== "*" && matches(word.replace(/:[a-z0-9-]+$/, ""), name))
  );
  if (named) return named;
  const general = pins.filter(({ packages }) => packages.includes("*"));
  return general.length === 1 ? general[0] : undefined;
}

function matches(word: string, name: string): boolean {
  if (/^\/.+\/$/.test(word)) return isMatch(word.slice(1, -1), name);
  if (!/[*?]/.test(word)) return word === name;
  const source = [...word].map((c) => c === "*" ? ".*" : c === "?" ? "." : RegExp.escape(c));
  return new RegExp(`^${source.join("")}$`).test(name);
}

/** Whether a regular expression of POSIX matches; one that ours cannot read does not. */
function isMatch(source: string, name: string): boolean {
  try {
    return new RegExp(source).test(name);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
