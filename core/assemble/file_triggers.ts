import { ShippedNames } from "./file_owners.ts";
import type { MergeContext, MergedPackage } from "./merge_packages.ts";

/**
 * File triggers that laying a package out sets off.
 *
 * By name, as dpkg does it: who is interested in `/usr/lib/x` does not hear of `/lib/x`. A diverted
 * file counts under its other name, and what an upgrade removes counts too.
 * A directory is told of when a package ships it, as every package ships the directories of its files.
 *
 * @param interests Absolute paths that somebody is interested in.
 * @param removed Names that only the old version had and that are gone.
 * @see deb-triggers(5); dpkg, lib/dpkg/trigdeferred.c, trig_path_activate()
 */
export function activatedFileTriggers(
  context: MergeContext,
  merged: MergedPackage,
  interests: Iterable<string>,
  removed: readonly string[] = [],
): string[] {
  const { pkg } = merged;
  const names = new ShippedNames(context.repo, pkg);
  const moved = context.diversions.filter((each) =>
    each.package !== pkg.id.name && names.has(each.from)
  );
  const gone = (path: string) =>
    removed.some((name) => name === path || name.startsWith(`${path}/`));
  const activated = [...interests].filter((path) => {
    if (moved.some(({ to }) => to === path) || gone(path)) return true;
    return names.has(path) && !moved.some(({ from }) => from === path);
  });
  if (activated.length < 2) return activated;
  // Order matters to who is told of several.
  const order = new Map([...names.list()].map((name, at) => [name, at]));
  const at = (path: string) => order.get(path) ?? order.size;
  return activated.sort((a, b) => at(a) - at(b));
}
