import { type AdvisoryMatch, type NotedAdvisory, packageTitle, SEVERITIES } from "@apt-ostree/core";

/** Number of the kind "security" in rpm-ostree's lists. */
const SECURITY = 1;

/** Advisories, a line each with the packages below it, as `db` prints them. */
export function formatAdvisories(advisories: readonly NotedAdvisory[]): string {
  if (advisories.length === 0) return "";
  const lines = advisories.flatMap(({ id, severity, title, packages }) => [
    `  ${id}  ${severity}${title === "" ? "" : `  ${title}`}`,
    ...packages.map((each) => `    ${each}`),
  ]);
  return ["SecAdvisories:", ...lines].join("\n");
}

/** Advisories as rpm-ostree's `a(suuasa{sv})`: id, kind, severity, packages, and more. */
export function jsonAdvisories(matches: readonly AdvisoryMatch[]): unknown[] {
  return matches.map(({ advisory, packages }) => [
    advisory.id,
    SECURITY,
    SEVERITIES.indexOf(advisory.severity),
    packages.map(packageTitle),
    { cve_references: advisory.references },
  ]);
}
