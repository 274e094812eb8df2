import { type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import type { PackageCommit } from "../import/package_commit.ts";
import { parseGroup, parsePasswd } from "./account_files.ts";
import { DpkgDatabase } from "./dpkg_database.ts";
import type { FileOwners } from "./file_owners.ts";
import type { InstalledPackage } from "./installed_package.ts";
import {
  type AccountIds,
  type MergeContext,
  type MergedPackage,
  mergePackage,
} from "./merge_packages.ts";
import type { PathFilter } from "./path_filter.ts";
import { configuredByDpkg } from "./plan_waves.ts";
import { removeReplacedFiles } from "./replaced_files.ts";
import { readTreeText } from "./tree_text.ts";

/** What packages are laid out in. */
export interface UnpackContext {
  readonly repo: Repo;
  readonly txn: Transaction;
  readonly tree: Tree;
  readonly filter: PathFilter;
  readonly owners: FileOwners;
}

/**
 * Lay packages out in a tree, without running anything.
 *
 * What only older versions had stays until {@linkcode recordWave}.
 *
 * @param wave In apt's order of unpacking.
 * @param replaced Installed packages whose place they take.
 * @param options.fresh Whether nothing is there yet: conffiles are then in their place from the start,
 * since dpkg itself reads some. @default {false}
 */
export function layOutWave(
  context: UnpackContext,
  wave: readonly PackageCommit[],
  replaced: ReadonlyMap<PackageCommit, InstalledPackage>,
  options: { readonly fresh?: boolean } = {},
): MergedPackage[] {
  const { tree, txn } = context;
  const merge = mergeContext(context);
  const byDpkg = configuredByDpkg(wave);
  const merged = wave.map((pkg) => {
    const old = replaced.get(pkg);
    const unpackOnly = byDpkg.has(pkg) && !options.fresh;
    return mergePackage(merge, pkg, { unpackOnly, ...(old ? { old } : {}) });
  });
  for (const name of MULTILIB) {
    if (tree.isDir(`usr/${name}`) && !tree.lookup(name)) tree.putLink(txn, name, `usr/${name}`);
  }
  return merged;
}

/** Take away what only older versions had, and record packages that were laid out. */
export function recordWave(context: UnpackContext, merged: readonly MergedPackage[]): void {
  const { repo, txn, tree, owners } = context;
  const database = new DpkgDatabase(repo, tree);
  const merge = mergeContext(context);
  const byDpkg = configuredByDpkg(merged.map(({ pkg }) => pkg));
  const oldNames: string[] = [];
  const unpacked = merged.map((each) => {
    const names = each.old ? database.listOf(each.old.databaseName) : [];
    oldNames.push(...names);
    const { obsolete } = removeReplacedFiles(merge, each, names);
    const state = byDpkg.has(each.pkg) ? "unpacked" as const : "installed" as const;
    return { merged: each, obsolete, state };
  });
  const packages = merged.map(({ pkg }) => pkg);
  database.unpack(txn, unpacked, fileTriggers(context, database, packages, oldNames));
  for (const [name, names] of owners.lost) database.disown(txn, name, names);
}

/** Directories of the merged /usr that only some architectures have. */
const MULTILIB = ["lib64", "lib32", "libx32", "libo32"];

function mergeContext(context: UnpackContext): MergeContext {
  const { repo, tree } = context;
  const database = new DpkgDatabase(repo, tree);
  return {
    ...context,
    diversions: database.diversions(),
    statOverrides: database.statOverrides(),
    accounts: accountIds(repo, tree),
  };
}

/** File triggers, of packages laid out before, that new and old files set off. */
function fileTriggers(
  { repo, tree }: UnpackContext,
  database: DpkgDatabase,
  wave: readonly PackageCommit[],
  oldNames: readonly string[],
): string[] {
  const paths = new Set(database.triggers().file.map((line) => line.replace(/ .*/, "")));
  return [...paths].filter((path) => {
    if (oldNames.some((old) => old === path || old.startsWith(`${path}/`))) return true;
    const real = tree.real(path, { last: false });
    return wave.some((pkg) => Tree.fromChecksums(repo, pkg.data).lookup(real) !== undefined);
  });
}

function accountIds(repo: Repo, tree: Tree): AccountIds {
  const text = (path: string) => readTreeText(repo, tree, path) ?? "";
  return {
    users: new Map(parsePasswd(text("etc/passwd")).map((user) => [user.name, user.uid])),
    groups: new Map(parseGroup(text("etc/group")).map((group) => [group.name, group.gid])),
  };
}
