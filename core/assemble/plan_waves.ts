import { allowsVersion, type Dependency, parseDependencies } from "@apt-ostree/apt";
import type { PackageCommit } from "../import/package_commit.ts";

/**
 * In which steps packages are laid out and configured.
 *
 * First the essential packages of a fresh tree, which everything may rely on; then each layer of the
 * treefile with what it needs, so that a tree that includes another goes through the same steps as the
 * other first. Within a layer a preinst may rely on its package's Pre-Depends being configured: these
 * come in an earlier step, with all that they depend on.
 *
 * @param packages In apt's order of unpacking, which each step keeps.
 * @param options.layers Names of the packages that each layer asks for.
 * @param options.recommends Whether recommended packages came with them. @default {false}
 * @see Debian Policy 7.2
 */
export function planWaves(
  packages: readonly PackageCommit[],
  options: {
    readonly fresh: boolean;
    readonly layers?: readonly (readonly string[])[];
    readonly recommends?: boolean;
  },
): PackageCommit[][] {
  const index = new Index(packages);
  const essential = options.fresh
    ? index.closure(packages.filter((pkg) => pkg.control.get("Essential") === "yes"))
    : new Set<PackageCommit>();
  const level = startLevels(packages, index, options.layers ?? [], options.recommends ?? false);
  for (const pkg of essential) level.set(pkg, 0);
  // Levels only rise; a circle through Pre-Depends, which archives do not have, ends at the bound.
  for (let round = 0, changed = true; changed && round < packages.length; round++) {
    changed = false;
    for (const pkg of packages) {
      if (essential.has(pkg)) continue;
      let wanted = Math.max(
        level.get(pkg)!,
        ...index.dependencies(pkg).map((each) => level.get(each)!),
      );
      if (pkg.scripts.includes("preinst")) {
        for (const each of index.closure(index.preDependencies(pkg))) {
          if (each !== pkg) wanted = Math.max(wanted, level.get(each)! + 1);
        }
      }
      if (wanted > level.get(pkg)!) {
        level.set(pkg, wanted);
        changed = true;
      }
    }
  }
  const waves = Map.groupBy(packages, (pkg) => level.get(pkg)!);
  return [...waves].sort(([a], [b]) => a - b).map(([, wave]) => wave);
}

/** The lowest step of each package: room lies between the layers for steps within them. */
function startLevels(
  packages: readonly PackageCommit[],
  index: Index,
  layers: readonly (readonly string[])[],
  recommends: boolean,
): Map<PackageCommit, number> {
  const room = packages.length + 1;
  const level = new Map<PackageCommit, number>();
  layers.forEach((layer, at) => {
    const names = new Set(layer.map((request) => request.replace(/[=/:].*/, "")));
    const asked = packages.filter((pkg) => names.has(pkg.id.name));
    for (const pkg of index.closure(asked, recommends)) {
      if (!level.has(pkg)) level.set(pkg, 1 + at * room);
    }
  });
  // What nothing here accounts for, for example a virtual request, belongs to the last layer.
  for (const pkg of packages) {
    if (!level.has(pkg)) level.set(pkg, 1 + Math.max(0, layers.length - 1) * room);
  }
  return level;
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

  /** The packages with all that they depend on, and where asked for with what they recommend. */
  closure(start: readonly PackageCommit[], recommended = false): Set<PackageCommit> {
    const seen = new Set(start);
    for (const pkg of seen) { // grows while it is read
      for (const each of this.dependencies(pkg)) seen.add(each);
      if (!recommended) continue;
      const recommends = parseDependencies(pkg.control.get("Recommends") ?? "");
      for (const each of this.#satisfy(recommends)) seen.add(each);
    }
    return seen;
  }

  /** For each dependency one package that satisfies it, as apt prefers them: the first that is there. */
  #satisfy(dependencies: readonly Dependency[]): PackageCommit[] {
    return dependencies.flatMap((alternatives) => {
      for (const alternative of alternatives) {
        const providers = this.#providers.get(alternative.name) ?? [];
        const found = providers.find(({ version }) =>
          version === undefined ? !alternative.relation : allowsVersion(alternative, version)
        );
        if (found) return [found.pkg];
      }
      return [];
    });
  }
}
