import { getField, parseDependencies } from "@apt-ostree/apt";
import type { InstalledPackage } from "../packages/installed_packages.ts";

/**
 * A function that finds the installed packages which satisfy a package's Depends and Pre-Depends, each
 * once.
 *
 * Of alternatives the first that is installed counts, under its own name or one that it provides.
 */
export function dependencyResolver(
  installed: readonly InstalledPackage[],
): (pkg: InstalledPackage) => InstalledPackage[] {
  const byName = new Map<string, InstalledPackage[]>();
  const add = (name: string, pkg: InstalledPackage) => {
    const known = byName.get(name);
    if (!known) byName.set(name, [pkg]);
    else if (!known.includes(pkg)) known.push(pkg);
  };
  for (const pkg of installed) add(pkg.name, pkg);
  for (const pkg of installed) {
    for (const [provided] of dependencies(pkg, "Provides")) {
      if (provided) add(provided.name, pkg);
    }
  }
  return (pkg) => {
    const found = new Set<InstalledPackage>();
    for (const name of ["Pre-Depends", "Depends"]) {
      for (const alternatives of dependencies(pkg, name)) {
        const candidates = alternatives.map((each) => byName.get(each.name)).find((each) => each);
        // Of one package for several architectures, the one of the same is meant.
        const target = candidates?.find((each) => each.architecture === pkg.architecture) ??
          candidates?.[0];
        if (target && target !== pkg) found.add(target);
      }
    }
    return [...found];
  };
}

function dependencies(pkg: InstalledPackage, name: string): ReturnType<typeof parseDependencies> {
  return parseDependencies((getField(pkg.fields, name) ?? "").replaceAll("\n", " "));
}
