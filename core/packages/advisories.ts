import { compareVersions } from "@apt-ostree/apt";
import { AdvisoryError } from "../error.ts";

/** Something that was wrong with a source package, and since which version it is mended. */
export interface Advisory {
  /** For example `CVE-2024-6387` or `USN-6859-1`. */
  readonly id: string;
  /** Source package. */
  readonly source: string;
  /** Source version that has the fix. */
  readonly fixed: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is about, in a line; "" where nobody says. */
  readonly title: string;
  /** Addresses with a title, for each CVE. */
  readonly references: readonly (readonly [url: string, title: string])[];
}

/** How bad an advisory is, as rpm-ostree numbers it. */
export const SEVERITIES = ["unknown", "low", "moderate", "important", "critical"] as const;
/** One of {@linkcode SEVERITIES}. */
export type Severity = typeof SEVERITIES[number];

/** Urgency as Debian's tracker has it; it marks what nobody has judged as such. */
const URGENCIES: Readonly<Record<string, Severity>> = {
  "unimportant": "low",
  "low": "low",
  "medium": "moderate",
  "high": "important",
};

type Json = Readonly<Record<string, unknown>>;

/**
 * Advisories of one release from a file of Debian's security tracker, or of Ubuntu's security notices.
 *
 * @param text JSON: by source package and CVE, or by notice.
 * @param codename Release, for example `bookworm`.
 * @param file Name for messages.
 * @throws {AdvisoryError} `advisory/bad-file` if it is neither.
 */
export function parseAdvisories(text: string, codename: string, file: string): Advisory[] {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw bad(file, cause.message);
  }
  if (!isMap(root)) throw bad(file, "it is no map");
  return Object.entries(root).flatMap(([key, value]) => {
    if (!isMap(value)) throw bad(file, `"${key}" is no map`);
    return isMap(value["releases"])
      ? noticeAdvisories(key, value, codename)
      : trackerAdvisories(key, value, codename, file);
  });
}

/** One source package of Debian's tracker: CVEs. */
function trackerAdvisories(source: string, cves: Json, codename: string, file: string): Advisory[] {
  return Object.entries(cves).flatMap(([id, cve]) => {
    if (!isMap(cve) || !isMap(cve["releases"])) throw bad(file, `"${source}" is no list of CVEs`);
    const release = cve["releases"][codename];
    if (!isMap(release)) return [];
    const fixed = release["fixed_version"];
    // Version 0 says that the release never had the fault.
    if (release["status"] !== "resolved" || typeof fixed !== "string" || fixed === "0") return [];
    const title = firstLine(cve["description"]);
    const severity = URGENCIES[String(release["urgency"])] ?? "unknown";
    return [{ id, source, fixed, severity, title, references: [reference(id, title)] }];
  });
}

/** One notice of Ubuntu: packages of several releases. */
function noticeAdvisories(key: string, notice: Json, codename: string): Advisory[] {
  const release = (notice["releases"] as Json)[codename];
  if (!isMap(release) || !isMap(release["sources"])) return [];
  const id = key.startsWith("USN-") ? key : `USN-${key}`;
  const title = firstLine(notice["title"]);
  const cves = Array.isArray(notice["cves"]) ? notice["cves"].map(String) : [];
  const references = cves.filter((cve) => /^CVE-/.test(cve)).map((cve) => reference(cve, title));
  return Object.entries(release["sources"]).flatMap(([source, about]) => {
    const fixed = isMap(about) ? about["version"] : undefined;
    if (typeof fixed !== "string") return [];
    return [{ id, source, fixed, severity: "unknown", title, references }];
  });
}

/** A package with the source that it was built from. */
export interface SourcedPackage {
  /** Source package. */
  readonly source: string;
  /** Version of the source before; `undefined` for the state of one system. */
  readonly before?: string;
  /** Version of the source now. */
  readonly version: string;
}

/** Whether a change of version brought an advisory's fix; without one before, whether it is missing. */
export function concerns(advisory: Advisory, { source, before, version }: SourcedPackage): boolean {
  if (advisory.source !== source) return false;
  const isFixed = compareVersions(version, advisory.fixed) >= 0;
  if (before === undefined) return !isFixed;
  return isFixed && compareVersions(before, advisory.fixed) < 0;
}

function reference(cve: string, title: string): [url: string, title: string] {
  return [`https://www.cve.org/CVERecord?id=${cve}`, title];
}

function firstLine(value: unknown): string {
  return typeof value === "string" ? value.split("\n")[0]!.trim() : "";
}

function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bad(file: string, what: string): AdvisoryError {
  return new AdvisoryError("advisory/bad-file", `Cannot read advisories "${file}": ${what}`, {
    subject: file,
    hint: "Fetch it again: the JSON of a security tracker, or of security notices",
  });
}
