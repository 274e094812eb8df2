import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import type { PackageCommit } from "../import/package_commit.ts";
import { parseGroup, parsePasswd } from "./account_files.ts";
import { findDisappeared } from "./disappeared_packages.ts";
import type { StatOverride } from "./diversions.ts";
import { DpkgDatabase, type UnpackedPackage } from "./dpkg_database.ts";
import type { FileOwner, FileOwners } from "./file_owners.ts";
import { activatedFileTriggers } from "./file_triggers.ts";
import type { InstalledPackage } from "./installed_package.ts";
import {
  type AccountIds,
  type MergeContext,
  type MergedPackage,
  mergePackage,
} from "./merge_packages.ts";
import type { PathFilter } from "./path_filter.ts";
import { configuredByDpkg } from "./plan_waves.ts";
import { removeReplacedFiles, type ReplacedFiles } from "./replaced_files.ts";
import { DPKG_DATABASE } from "./root_layout.ts";
import { readTreeText } from "./tree_text.ts";

/** What packages are laid out in. */
export interface UnpackContext {
  readonly repo: Repo;
  readonly txn: Transaction;
  readonly tree: Tree;
  readonly filter: PathFilter;
  readonly owners: FileOwners;
}

/** A package that lies in the tree and is not recorded yet. */
export interface LaidOutPackage {
  readonly merged: MergedPackage;
  /** What became of the old version's files; `undefined` while its postrm has to run. */
  readonly replaced: ReplacedFiles | undefined;
  /** Packages that it has replaced completely. */
  readonly disappeared: readonly FileOwner[];
}

/**
 * Lay packages out in a tree, without running anything.
 *
 * What only older versions had stays until {@linkcode recordWave} where they have a postrm, which sees
 * both.
 *
 * @param wave In apt's order of unpacking.
 * @param replaced Installed packages whose place they take.
 * @param options.fresh Whether nothing is there yet: conffiles are then in their place from the start,
 * since dpkg itself reads some. @default {false}
 * @param options.statOverrides Those of before the preinsts of these packages: dpkg reads them once a
 * run. @default the tree's
 */
export function layOutWave(
  context: UnpackContext,
  wave: readonly PackageCommit[],
  replaced: ReadonlyMap<PackageCommit, InstalledPackage>,
  options: { readonly fresh?: boolean; readonly statOverrides?: readonly StatOverride[] } = {},
): LaidOutPackage[] {
  const { tree, txn, repo } = context;
  const { statOverrides } = options;
  const database = new DpkgDatabase(repo, tree);
  const merge = { ...mergeContext(context), ...(statOverrides ? { statOverrides } : {}) };
  const byDpkg = configuredByDpkg(wave);
  const there = new Map<string, FileOwner>(
    database.installed().map((each) => [each.databaseName, each]),
  );
  const laidOut = wave.map((pkg): LaidOutPackage => {
    const old = replaced.get(pkg);
    const unpackOnly = byDpkg.has(pkg) && !options.fresh;
    const merged = mergePackage(merge, pkg, { unpackOnly, ...(old ? { old } : {}) });
    if (old) there.delete(old.databaseName);
    there.set(pkg.databaseName, pkg);
    const waits = old && tree.lookup(`${DPKG_DATABASE}/info/${old.databaseName}.postrm`);
    const names = old && !waits ? database.listOf(old.databaseName) : [];
    const gone = waits ? undefined : removeReplacedFiles(merge, merged, names);
    const disappeared = findDisappeared(merge, merged, () => [...there.values()]);
    for (const each of disappeared) there.delete(each.databaseName);
    return { merged, replaced: gone, disappeared };
  });
  for (const name of MULTILIB) {
    if (tree.isDir(`usr/${name}`) && !tree.lookup(name)) tree.putLink(txn, name, `usr/${name}`);
  }
  return laidOut;
}

/** Take away what only older versions had, and record packages that were laid out. */
export function recordWave(context: UnpackContext, wave: readonly LaidOutPackage[]): void {
  const { repo, txn, tree, owners } = context;
  const database = new DpkgDatabase(repo, tree);
  const merge = mergeContext(context);
  const byDpkg = configuredByDpkg(wave.map(({ merged }) => merged.pkg));
  const interests = new Set(database.triggers().file.map((line) => line.replace(/ .*/, "")));
  const unpacked = wave.map(({ merged, disappeared, ...each }): UnpackedPackage => {
    const names = () => merged.old ? database.listOf(merged.old.databaseName) : [];
    const replaced = each.replaced ?? removeReplacedFiles(merge, merged, names());
    const fileTriggers = activatedFileTriggers(merge, merged, interests, replaced.removed);
    const state = byDpkg.has(merged.pkg) ? "unpacked" : "installed";
    return { merged, replaced, disappeared, fileTriggers, state };
  });
  database.unpack(txn, unpacked);
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

function accountIds(repo: Repo, tree: Tree): AccountIds {
  const text = (path: string) => readTreeText(repo, tree, path) ?? "";
  return {
    users: new Map(parsePasswd(text("etc/passwd")).map((user) => [user.name, user.uid])),
    groups: new Map(parseGroup(text("etc/group")).map((group) => [group.name, group.gid])),
  };
}
