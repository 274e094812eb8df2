import { md5 } from "../import/control_members.ts";
import { directoryAt } from "./directory_at.ts";
import type { Diversion } from "./diversions.ts";
import { ShippedNames } from "./file_owners.ts";
import type { MergeContext, MergedPackage } from "./merge_packages.ts";

/** What became of the names that only the old version of a package had. */
export interface ReplacedFiles {
  /** Old conffiles, which stay and stay recorded, in the order in which dpkg lists them. */
  readonly obsolete: readonly string[];
  /** Names that were removed. */
  readonly removed: readonly string[];
}

/**
 * Remove the files of an old version that the new one does not have.
 *
 * Conffiles stay; directories go where they are empty and nobody else has them; a file that the new
 * version has under another name is left alone.
 *
 * @param names What the old version's list in the database says.
 * @see dpkg, src/main/unpack.c, pkg_remove_old_files()
 */
export function removeReplacedFiles(
  context: MergeContext,
  merged: MergedPackage,
  names: readonly string[],
): ReplacedFiles {
  const { tree } = context;
  const { pkg, old } = merged;
  if (!old) return { obsolete: [], removed: [] };
  const { yielded, filtered } = merged;
  const shipped = new Set(
    [...new ShippedNames(context.repo, pkg).list()].filter((name) =>
      !yielded.has(name) && !filtered.has(name)
    ),
  );
  const declared = new Set(merged.conffiles.map(({ path }) => path));
  const oldConffiles = new Set(old.conffiles.map(({ path }) => path));
  const removable = new Map(
    merged.conffiles.filter((each) => each.removeOnUpgrade).map(({ path, md5 }) => [path, md5]),
  );
  const place = (name: string) => placeOf(context, name, pkg.id.name);
  let places: Set<string> | undefined;
  const obsolete: string[] = [];
  const removed: string[] = [];
  for (const name of names.toReversed()) {
    if (merged.lost.has(name)) continue;
    if (removable.has(name)) removeConffile(context, place(name), removable.get(name)!);
    if (declared.has(name) || shipped.has(name)) continue;
    const path = place(name);
    const there = tree.lookup(path);
    if (there === undefined || path === "") continue;
    const isDirectory = directoryAt(tree, path) !== undefined;
    if (
      isDirectory && isUsedElsewhere(context, name, pkg.databaseName, [...obsolete, ...declared])
    ) {
      continue;
    }
    if (there.type === "dir") {
      if (!tree.isEmpty(path)) continue;
    } else {
      if (context.owners.isAdded(name, pkg.databaseName)) continue; // taken by one laid out since
      places ??= new Set([...shipped].map(place));
      const same = places.has(path);
      if (oldConffiles.has(name)) {
        if (!same) obsolete.push(name);
        continue;
      }
      if (same) continue;
    }
    tree.remove(path);
    removed.push(name);
  }
  return { obsolete, removed };
}

/** Remove a conffile; one that was edited stays under another name. */
function removeConffile({ repo, tree }: MergeContext, path: string, recorded: string): void {
  const there = tree.lookup(path);
  if (there?.type !== "file") return;
  const edited = md5(repo.readFile(there.checksum, { maxSize: Infinity })) !== recorded;
  if (edited) tree.putFile(`${path}.dpkg-old`, there.checksum);
  tree.remove(path);
}

/** Where a name of a package lies. */
function placeOf(context: MergeContext, name: string, pkg: string): string {
  const moved = context.diversions.find((each: Diversion) => each.from === name);
  const used = moved && moved.package !== pkg ? moved.to : name;
  return context.tree.real(used === "/." ? "" : used, { last: false });
}

/** Whether another package has a directory, or one of these conffiles lies in it. */
function isUsedElsewhere(
  context: MergeContext,
  name: string,
  databaseName: string,
  conffiles: readonly string[],
): boolean {
  if (conffiles.some((each) => each.startsWith(`${name}/`))) return true;
  return context.owners.of(name).some((owner) => owner.databaseName !== databaseName);
}
