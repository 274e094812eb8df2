import { allowsVersion, type Dependency, parseDependencies } from "@apt-ostree/apt";
import type { PackageCommit } from "../import/package_commit.ts";

/**
 * In which steps packages are laid out and configured.
 *
 * First the essential packages of a fresh tree, which everything may rely on; then each layer of the
 * treefile with what it needs, so that a tree that includes another goes through the same steps as the
 * other first. Within a layer the Pre-Depends of a package come in an earlier step, with all that they
 * depend on, and nothing else does: dpkg unpacks no package before these are configured, and the order
 * of scripts decides, for example, which numbers accounts get.
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
    ? index.closure(packages.filter(isEssential))
    : new Set<PackageCommit>();
  const layer = layersOf(packages, index, options.layers ?? [], options.recommends ?? false);
  for (const pkg of essential) layer.set(pkg, -1);
  // How many steps of its layer come after a package's own: only what others wait for comes early.
  const after = new Map(packages.map((pkg) => [pkg, 0]));
  const raise = (pkg: PackageCommit, steps: number) => {
    if (steps <= after.get(pkg)!) return false;
    after.set(pkg, steps);
    return true;
  };
  // Numbers only rise; a circle through Pre-Depends, which archives do not have, ends at the bound.
  for (let round = 0, changed = true; changed && round < packages.length; round++) {
    changed = false;
    for (const pkg of packages) {
      if (essential.has(pkg)) continue;
      const here = (each: PackageCommit) => each !== pkg && layer.get(each) === layer.get(pkg);
      const steps = after.get(pkg)!;
      for (const each of index.dependencies(pkg)) {
        if (here(each) && raise(each, steps)) changed = true;
      }
      for (const each of index.configuredBefore(pkg)) {
        if (here(each) && raise(each, steps + 1)) changed = true;
      }
    }
  }
  const layers = Map.groupBy(packages, (pkg) => layer.get(pkg)!);
  return [...layers].sort(([a], [b]) => a - b).flatMap(([, members]) => {
    const steps = Map.groupBy(members, (pkg) => after.get(pkg)!);
    return [...steps].sort(([a], [b]) => b - a).map(([, wave]) => wave);
  });
}

/**
 * Which packages of one step only dpkg can bring from unpacked to installed: those with a postinst, and
 * all that these depend on. Were one of the latter recorded as installed right away, dpkg would not
 * look through it at what it depends on in turn, and configure too early.
 */
export function configuredByDpkg(wave: readonly PackageCommit[]): Set<PackageCommit> {
  return new Index(wave).closure(wave.filter((pkg) => pkg.scripts.includes("postinst")));
}

/** What every system begins with; apt counts itself among it, as Debian's own installers do. */
function isEssential(pkg: PackageCommit): boolean {
  return pkg.control.get("Essential") === "yes" || pkg.id.name === "apt";
}

/** The number of each package's layer: the first that asks for it, itself or through another. */
function layersOf(
  packages: readonly PackageCommit[],
  index: Index,
  layers: readonly (readonly string[])[],
  recommends: boolean,
): Map<PackageCommit, number> {
  const found = new Map<PackageCommit, number>();
  layers.forEach((layer, at) => {
    const names = new Set(layer.map((request) => request.replace(/[=/:].*/, "")));
    const asked = packages.filter((pkg) => names.has(pkg.id.name));
    for (const pkg of index.closure(asked, recommends)) {
      if (!found.has(pkg)) found.set(pkg, at);
    }
  });
  // What nothing here accounts for, for example a virtual request, belongs to the last layer.
  for (const pkg of packages) {
    if (!found.has(pkg)) found.set(pkg, Math.max(0, layers.length - 1));
  }
  return found;
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

  /**
   * What dpkg wants configured before it unpacks a package: its Pre-Depends with all that they depend
   * on. Where neither a preinst looks at them nor they have anything to run, the order cannot be seen.
   */
  configuredBefore(pkg: PackageCommit): Set<PackageCommit> {
    const before = this.closure(this.preDependencies(pkg));
    const matters = pkg.scripts.includes("preinst") ||
      [...before].some((each) => each.scripts.includes("postinst"));
    return matters ? before : new Set();
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
