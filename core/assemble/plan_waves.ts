import { allowsVersion, type Dependency, parseDependencies } from "@apt-ostree/apt";
import type { PackageCommit } from "../import/package_commit.ts";

/**
 * In which steps packages are laid out and configured.
 *
 * A preinst may rely on its package's Pre-Depends being configured, so these come in an earlier
 * step, with all that they depend on. The first step is the essential packages of a fresh tree:
 * everything may rely on those.
 *
 * @param packages In apt's order of unpacking, which each step keeps.
 * @param fresh Whether the tree has no packages yet.
 * @see Debian Policy 7.2
 */
export function planWaves(packages: readonly PackageCommit[], fresh: boolean): PackageCommit[][] {
  const index = new Index(packages);
  const essential = fresh
    ? index.closure(packages.filter((pkg) => pkg.control.get("Essential") === "yes"))
    : new Set<PackageCommit>();
  const level = new Map<PackageCommit, number>();
  for (const pkg of packages) level.set(pkg, essential.has(pkg) ? 0 : 1);
  // Levels only rise; a circle through Pre-Depends, which archives do not have, ends at the bound.
  for (let round = 0, changed = true; changed && round < packages.length; round++) {
    changed = false;
    for (const pkg of packages) {
      if (essential.has(pkg)) continue;
      let wanted = Math.max(...index.dependencies(pkg).map((each) => level.get(each)!), 1);
      if (pkg.scripts.includes("preinst")) {
        for (const each of index.closure(index.preDependencies(pkg))) {
          if (each !== pkg) wanted = Math.max(wanted, level.get(each)! + 1);
        }
      }
      wanted = Math.min(wanted, packages.length);
      if (wanted > level.get(pkg)!) {
        level.set(pkg, wanted);
        changed = true;
      }
    }
  }
  const waves = Map.groupBy(packages, (pkg) => level.get(pkg)!);
  return [...waves].sort(([a], [b]) => a - b).map(([, wave]) => wave);
}

/** Finds the packages of a set that satisfy dependencies. */
class Index {
  readonly #providers = new Map<
    string,
    { readonly pkg: PackageCommit; readonly version: string | undefined }[]
  >();
  readonly #dependencies = new Map<PackageCommit, PackageCommit[]>();

  constructor(packages: readonly PackageCommit[]) {
    const add = (name: string, pkg: PackageCommit, version: string | undefined) => {
      const list = this.#providers.get(name) ?? [];
      list.push({ pkg, version });
      this.#providers.set(name, list);
    };
    for (const pkg of packages) add(pkg.id.name, pkg, pkg.id.version);
    for (const pkg of packages) {
      for (const [each] of parseDependencies(pkg.control.get("Provides") ?? "")) {
        if (each) add(each.name, pkg, each.version);
      }
    }
  }

  preDependencies(pkg: PackageCommit): PackageCommit[] {
    return this.#satisfy(parseDependencies(pkg.control.get("Pre-Depends") ?? ""));
  }

  dependencies(pkg: PackageCommit): PackageCommit[] {
    let found = this.#dependencies.get(pkg);
    if (!found) {
      const depends = this.#satisfy(parseDependencies(pkg.control.get("Depends") ?? ""));
      found = [...new Set([...depends, ...this.preDependencies(pkg)])];
      this.#dependencies.set(pkg, found);
    }
    return found;
  }

  /** The packages with all that they depend on. */
  closure(start: readonly PackageCommit[]): Set<PackageCommit> {
    const seen = new Set(start);
    for (const pkg of seen) for (const each of this.dependencies(pkg)) seen.add(each); // grows while read
    return seen;
  }

  #satisfy(dependencies: readonly Dependency[]): PackageCommit[] {
    const found: PackageCommit[] = [];
    for (const alternatives of dependencies) {
      for (const alternative of alternatives) {
        for (const { pkg, version } of this.#providers.get(alternative.name) ?? []) {
          if (version === undefined ? !alternative.relation : allowsVersion(alternative, version)) {
            found.push(pkg);
          }
        }
      }
    }
    return found;
  }
}
