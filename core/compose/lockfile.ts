import type { PlannedPackage, Repository } from "@apt-ostree/apt";
import { dpkgArchitecture } from "../treefile/architecture.ts";

/**
 * Text of a lockfile: every package with version, architecture, SHA-256 and source.
 *
 * The date is the newest of the sources' own, so that equal inputs give an equal file.
 */
export function formatLockfile(
  packages: readonly PlannedPackage[],
  repositories: readonly Repository[],
  basearch: string,
): string {
  const native = dpkgArchitecture(basearch);
  const entries = packages.map((pkg) => {
    const foreign = pkg.architecture !== native && pkg.architecture !== "all";
    return [
      foreign ? `${pkg.name}:${pkg.architecture}` : pkg.name,
      {
        evra: `${pkg.version}.${pkg.architecture}`,
        digest: `sha256:${pkg.sha256}`,
        metadata: { source: pkg.source },
      },
    ] as const;
  });
  const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
  const newest = Math.max(0, ...repositories.map((each) => each.date));
  const sources = repositories.map((each) =>
    [each.id, { generated: stamp(each.date), release: `sha256:${each.releaseSha256}` }] as const
  );
  const file = {
    packages: Object.fromEntries(entries.toSorted(([a], [b]) => a < b ? -1 : 1)),
    metadata: { generated: stamp(newest), apt_sources: Object.fromEntries(sources) },
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
