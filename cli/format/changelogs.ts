import type { ChangelogEntry } from "@apt-ostree/apt";
import type { PackageChange } from "@apt-ostree/core";

/** Changelogs of upgraded packages, as they stand in the packages; those without one are left out. */
export function formatChangelogs(
  changes: Iterable<readonly [PackageChange, readonly ChangelogEntry[]]>,
): string {
  const blocks: string[] = [];
  for (const [{ name, from, to }, entries] of changes) {
    if (entries.length === 0) continue;
    blocks.push(`Changelog of ${name} ${from.version} -> ${to.version}`);
    for (const entry of entries) {
      const date = entry.date === undefined
        ? ""
        : `  ${new Date(entry.date * 1000).toISOString().slice(0, 10)}`;
      blocks.push(
        `  ${entry.package} (${entry.version})`,
        ...entry.changes.map((line) => line === "" ? "" : `  ${line}`),
        `   -- ${entry.maintainer}${date}`,
        "",
      );
    }
  }
  return blocks.join("\n").trimEnd();
}
