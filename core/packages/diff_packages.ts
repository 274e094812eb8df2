import { compareVersions } from "@apt-ostree/apt";
import type { PackageId } from "../import/package_ref.ts";

/** A package whose version differs. */
export interface PackageChange {
  /** Its name. */
  readonly name: string;
  /** Its dpkg architecture. */
  readonly architecture: string;
  /** Before. */
  readonly from: PackageId;
  /** After. */
  readonly to: PackageId;
}

/** What differs between two lists of packages; each list is sorted by name. */
export interface PackageDifference {
  /** Newer than before. */
  readonly upgraded: readonly PackageChange[];
  /** Older than before. */
  readonly downgraded: readonly PackageChange[];
  /** Gone. */
  readonly removed: readonly PackageId[];
  /** New. */
  readonly added: readonly PackageId[];
}

/**
 * Compare two lists of packages.
 *
 * A package is the same where name and architecture agree; a change between an architecture and `all`
 * is a change of version, not a removal.
 */
export function diffPackages(
  before: Iterable<PackageId>,
  after: Iterable<PackageId>,
): PackageDifference {
  const old = byName(before);
  const upgraded: PackageChange[] = [];
  const downgraded: PackageChange[] = [];
  const added: PackageId[] = [];
  for (const to of after) {
    const candidates = old.get(to.name) ?? [];
    const at = candidates.findIndex((each) =>
      each.architecture === to.architecture || each.architecture === "all" ||
      to.architecture === "all"
    );
    const [from] = at < 0 ? [] : candidates.splice(at, 1);
    if (!from) added.push(to);
    else if (from.version !== to.version) {
      const change = { name: to.name, architecture: to.architecture, from, to };
      (compareVersions(from.version, to.version) < 0 ? upgraded : downgraded).push(change);
    }
  }
  const sort = <T extends { readonly name: string }>(list: T[]) =>
    list.sort((a, b) => a.name < b.name ? -1 : 1);
  return {
    upgraded: sort(upgraded),
    downgraded: sort(downgraded),
    removed: sort([...old.values()].flat()),
    added: sort(added),
  };
}

function byName(packages: Iterable<PackageId>): Map<string, PackageId[]> {
  const map = new Map<string, PackageId[]>();
  for (const pkg of packages) map.set(pkg.name, [...map.get(pkg.name) ?? [], pkg]);
  return map;
}
