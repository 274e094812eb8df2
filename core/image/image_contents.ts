import { FormatError } from "@apt-ostree/apt";
import { ALWAYS, type Component } from "@apt-ostree/oci";
import type { Repo, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { packageTitle } from "../import/package_ref.ts";
import { readFileOwners } from "../packages/file_owners.ts";
import { type InstalledPackage, readInstalledPackages } from "../packages/installed_packages.ts";
import { readPackageChangelog } from "../packages/read_changelogs.ts";

/** A part of a system that changes as a whole. */
export interface ImageComponent extends Component {
  /** What it is now, for example `bash_5.2.15-2_amd64`. */
  readonly title: string;
  /** Source package; absent where it is no package. */
  readonly source?: string;
  /** Checksums of its content objects, sorted. */
  readonly objects: readonly string[];
}

/** What a system is made of. */
export interface ImageContents {
  /** Sorted by name; each object belongs to one. */
  readonly components: readonly ImageComponent[];
  /** Paths of the tree that have an object, sorted; none for objects below /sysroot. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  /** Installed packages. */
  readonly packages: number;
}

/** Component of what no package owns. */
const UNPACKAGED = "unpackaged";
/** Component of what initramfs-tools and the like have made. */
const INITRAMFS = "initramfs";
const INITRAMFS_PATH = /^usr\/lib\/modules\/[^/]+\/initramfs\.img$/;
/** What dpkg keeps about one package: it changes with that package. */
const PACKAGE_INFO = new RegExp(`^(?:${DPKG_DATABASE}|var/lib/dpkg)/info/(.+)\\.[a-z0-9]+$`);
/** How often a package changes a year whose changelog is not there. */
const UNKNOWN_FREQUENCY = 1;
const YEAR = 365 * 86_400;

/**
 * Divide the files of a tree among packages, by dpkg's database in it.
 *
 * Files with the same content, owner and mode are one object, which belongs to the first of its
 * packages; empty ones, which many packages have, to none.
 *
 * @param database Tree that has dpkg's database where composed systems have it.
 * @throws {FormatError} If the database is damaged.
 */
export function readImageContents(repo: Repo, tree: Tree, database: Tree = tree): ImageContents {
  const installed = readInstalledPackages(repo, database);
  const names = new ComponentNames(installed);
  const owners = readFileOwners(repo, database);
  const paths = new Map<string, string[]>();
  const claims = new Map<string, Set<string>>();
  for (const [path, entry] of tree.walk()) {
    if (entry.type !== "file") continue;
    const owner = INITRAMFS_PATH.test(path)
      ? INITRAMFS
      : names.of(owners.get(path)?.[0] ?? PACKAGE_INFO.exec(path)?.[1]);
    const known = claims.get(entry.checksum);
    if (known) known.add(owner);
    else claims.set(entry.checksum, new Set([owner]));
    const list = paths.get(entry.checksum) ?? [];
    if (!isBelowSysroot(path)) list.push(path);
    paths.set(entry.checksum, list);
  }
  const objects = new Map<string, string[]>();
  const sizes = new Map<string, number>();
  for (const [checksum, claimed] of claims) {
    const { size, type } = repo.statFile(checksum);
    const empty = type === "file" && size === 0;
    const owner = empty && claimed.size > 1 ? UNPACKAGED : [...claimed].sort()[0]!;
    objects.set(owner, [...objects.get(owner) ?? [], checksum]);
    sizes.set(owner, (sizes.get(owner) ?? 0) + size);
  }
  const frequencies = changeFrequencies(repo, tree, installed, names);
  const components = [...objects].sort(([a], [b]) => a < b ? -1 : 1).map(([name, list]) => {
    const pkg = names.package(name);
    return {
      name,
      title: pkg ? packageTitle(pkg) : name,
      ...(pkg ? { source: pkg.source } : {}),
      size: sizes.get(name)!,
      frequency: pkg ? frequencies.get(name) ?? UNKNOWN_FREQUENCY : ALWAYS,
      objects: list.sort(),
    };
  });
  for (const list of paths.values()) list.sort();
  return { components, paths, packages: installed.length };
}

/** Whether a path is in the directory that a deployed system has its own repository in. */
export function isBelowSysroot(path: string): boolean {
  return path.startsWith("sysroot/");
}

/** Names of components: those of packages, with the architecture where two have one name. */
class ComponentNames {
  readonly #byName = new Map<string, InstalledPackage>();
  readonly #byOwner = new Map<string, string>();

  constructor(installed: readonly InstalledPackage[]) {
    const count = Map.groupBy(installed, (each) => each.name);
    for (const each of installed) {
      const full = `${each.name}:${each.architecture}`;
      const name = count.get(each.name)!.length > 1 ? full : each.name;
      this.#byName.set(name, each);
      this.#byOwner.set(full, name);
      if (name === each.name) this.#byOwner.set(each.name, name);
    }
  }

  /** Component of the files of an owner, as dpkg's database names it. */
  of(owner: string | undefined): string {
    return (owner === undefined ? undefined : this.#byOwner.get(owner)) ?? UNPACKAGED;
  }

  package(name: string): InstalledPackage | undefined {
    return this.#byName.get(name);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }
}

/** Releases of each package in the year before the newest release of any. */
function changeFrequencies(
  repo: Repo,
  tree: Tree,
  installed: readonly InstalledPackage[],
  names: ComponentNames,
): Map<string, number> {
  const dates = new Map<string, readonly number[]>();
  const ofPackage = new Map(
    installed.map(({ name }) => [name, releaseDates(repo, tree, name)] as const),
  );
  for (const name of names.names()) dates.set(name, ofPackage.get(names.package(name)!.name)!);
  const newest = [...dates.values()].reduce((most, list) => Math.max(most, ...list.slice(0, 1)), 0);
  return new Map(
    [...dates].filter(([, list]) => list.length > 0).map(([name, list]) =>
      [name, list.filter((date) => date > newest - YEAR).length] as const
    ),
  );
}

function releaseDates(repo: Repo, tree: Tree, name: string): number[] {
  try {
    return readPackageChangelog(repo, tree, name).flatMap(({ date }) => date ?? []);
  } catch (error) {
    // It says how a layer is shared, not what is in it: one in another form counts as none.
    if (error instanceof FormatError) return [];
    throw error;
  }
}
