import type { Repo, Variant } from "@apt-ostree/ostree";
import { packageTitle } from "../import/package_ref.ts";
import { SEVERITIES, type Severity } from "./advisories.ts";
import type { AdvisoryMatch } from "./read_advisories.ts";

/** Key under which a commit notes advisories that it lacks fixes of, type `a(suuasa{sv})`. */
export const ADVISORIES_KEY = "aptostree.advisories";

/** What a commit notes of an advisory. */
export interface NotedAdvisory {
  /** For example `CVE-2024-6387`. */
  readonly id: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is about; "" where nobody says. */
  readonly title: string;
  /** Packages as `NAME_VERSION_ARCHITECTURE`. */
  readonly packages: readonly string[];
}

/** What a commit notes of an advisory that has been found to be about it. */
export function noteAdvisory({ advisory, packages }: AdvisoryMatch): NotedAdvisory {
  const { id, severity, title } = advisory;
  return { id, severity, title, packages: packages.map(packageTitle) };
}

/** Advisories that a commit notes, in its metadata or beside them. */
export function readNotedAdvisories(repo: Repo, commit: string): NotedAdvisory[] {
  const { metadata } = repo.readCommit(commit);
  const noted = metadata.get(ADVISORIES_KEY) ??
    repo.readDetachedMetadata(commit)?.get(ADVISORIES_KEY);
  if (noted?.type !== "a(suuasa{sv})") return [];
  return (noted.value as NoteTuple[]).map(([id, , severity, packages, more]) => {
    const references = more.get("cve_references");
    const [[, title] = ["", ""]] = references?.type === "a(ss)"
      ? references.value as [string, string][]
      : [];
    return { id, severity: SEVERITIES[severity] ?? "unknown", title, packages };
  });
}

/** Id, kind, severity, packages, further facts. */
type NoteTuple = [string, number, number, string[], Map<string, Variant>];
