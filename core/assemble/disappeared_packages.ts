import { allowsVersion, parseDependencies } from "@apt-ostree/apt";
import { type FileOwner, ShippedNames } from "./file_owners.ts";
import type { MergeContext, MergedPackage } from "./merge_packages.ts";

/**
 * Packages of which a new one has replaced everything, so that dpkg takes them for gone.
 *
 * Only those are looked at that lost a name to it or whose directories were empty; one that others
 * depend on stays.
 *
 * @param installed All packages that are there now.
 * @see dpkg, src/main/unpack.c, pkg_disappear_others()
 */
export function findDisappeared(
  context: MergeContext,
  merged: MergedPackage,
  installed: () => readonly FileOwner[],
): FileOwner[] {
  const { pkg, yielded, filtered } = merged;
  if (merged.rivals.size === 0) return [];
  const { owners } = context;
  const shipped = new ShippedNames(context.repo, pkg).list();
  const disappeared: FileOwner[] = [];
  for (const databaseName of merged.rivals) {
    const found = databaseName === pkg.databaseName ? undefined : owners.namesOf(databaseName);
    if (!found || found.owner.state === "config-files") continue;
    const { owner, names } = found;
    if (owner.id.name === pkg.id.name) continue;
    const saves = (name: string) => {
      const diverts = context.diversions.find((each) => each.from === name)?.package;
      if (diverts === owner.id.name || diverts === pkg.id.name) return true;
      if (shipped.has(name) && !yielded.has(name) && !filtered.has(name)) return false;
      return !owners.of(name).some((each) =>
        each.databaseName !== databaseName && each.databaseName !== pkg.databaseName
      );
    };
    if (names.some(saves) || isNeeded(owner, installed())) continue;
    disappeared.push(owner);
    owners.leave(databaseName);
  }
  return disappeared;
}

/** Whether a package depends on one, or recommends it, and no other serves. */
function isNeeded(owner: FileOwner, installed: readonly FileOwner[]): boolean {
  const others = installed.filter((each) =>
    each.databaseName !== owner.databaseName && each.state !== "config-files"
  );
  const own = new Set([owner.id.name, ...provided(owner).map(({ name }) => name)]);
  for (const other of others) {
    for (const field of ["Depends", "Pre-Depends", "Recommends"]) {
      for (const alternatives of parseDependencies(other.control.get(field) ?? "")) {
        if (!alternatives.some(({ name }) => own.has(name))) continue;
        const served = alternatives.some((wanted) =>
          others.some((each) =>
            each.id.name === wanted.name && allowsVersion(wanted, each.id.version) ||
            provided(each).some(({ name, version }) =>
              name === wanted.name &&
              (wanted.relation === undefined ||
                version !== undefined && allowsVersion(wanted, version))
            )
          )
        );
        if (!served) return true;
      }
    }
  }
  return false;
}

function provided({ control }: FileOwner) {
  return parseDependencies(control.get("Provides") ?? "").flat();
}
