import { type Repo, Tree } from "@apt-ostree/ostree";
import type { PackageCommit } from "../import/package_commit.ts";
import { mergedPath } from "../import/usr_merge.ts";
import type { InstalledPackage } from "./installed_package.ts";

/** A package that has files in the tree. */
export type FileOwner = Pick<InstalledPackage, "id" | "databaseName" | "control"> & {
  /** How far dpkg has come with it, where it was there before. */
  readonly state?: string;
};

interface ListedNames {
  readonly owner: InstalledPackage;
  readonly names: ReadonlySet<string>;
}

/** Where the packages come from that lay in the tree before. */
export interface InstalledFiles {
  /** Packages that have a list of files. */
  installed(): InstalledPackage[];
  /** Names that a package's list has. */
  listOf(databaseName: string): string[];
}

/**
 * Knows which packages list a path.
 *
 * As for dpkg, names count, not places: `/bin/x` and `/usr/bin/x` are two names, though one file in a
 * tree with a merged /usr. Names are absolute.
 *
 * The lists of a database are read when somebody first asks: a merge without collisions never does.
 */
export class FileOwners {
  readonly #repo: Repo;
  readonly #base: InstalledFiles | undefined;
  readonly #added = new Map<string, ShippedNames>();
  /** Packages of the base that are replaced or gone. */
  readonly #left = new Set<string>();
  readonly #lost = new Map<string, Set<string>>();
  #lists: Map<string, ListedNames> | undefined;

  /** @param base The database that the tree begins with. @default none */
  constructor(repo: Repo, base?: InstalledFiles) {
    this.#repo = repo;
    this.#base = base;
  }

  /** Note a package as laid out, in place of an earlier version. */
  add(pkg: PackageCommit): void {
    this.leave(pkg.databaseName);
    this.#added.set(pkg.databaseName, new ShippedNames(this.#repo, pkg));
  }

  /** Note a package as no longer there. */
  leave(databaseName: string): void {
    this.#left.add(databaseName);
    this.#added.delete(databaseName);
    this.#lost.delete(databaseName);
  }

  /** Note that a package does not have a name any more, since another took it over. */
  lose(databaseName: string, name: string): void {
    this.#lost.set(databaseName, (this.#lost.get(databaseName) ?? new Set()).add(name));
  }

  /** Whether another package, of those laid out here, has a name; reads no list of the database. */
  isAdded(name: string, databaseName: string): boolean {
    return [...this.#added].some(([each, shipped]) =>
      each !== databaseName && !this.#lost.get(each)?.has(name) && shipped.has(name)
    );
  }

  /** Names that were taken over, by the package that had them. */
  get lost(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#lost;
  }

  /** A package and the names that it has now; `undefined` where there is no such package. */
  namesOf(databaseName: string): { owner: FileOwner; names: string[] } | undefined {
    const lost = this.#lost.get(databaseName);
    const left = (names: ReadonlySet<string>) => [...names].filter((name) => !lost?.has(name));
    const added = this.#added.get(databaseName);
    if (added) return { owner: added.pkg, names: left(added.list()) };
    const listed = this.#left.has(databaseName) ? undefined : this.#read().get(databaseName);
    return listed && { owner: listed.owner, names: left(listed.names) };
  }

  /** The packages that list a name, the latest first; each is looked for when it is asked for. */
  *of(name: string): Generator<FileOwner> {
    const has = (databaseName: string) => !this.#lost.get(databaseName)?.has(name);
    for (const [databaseName, shipped] of [...this.#added].reverse()) {
      if (has(databaseName) && shipped.has(name)) yield shipped.pkg;
    }
    for (const [databaseName, { owner, names }] of this.#read()) {
      if (this.#left.has(databaseName) || !has(databaseName)) continue;
      if (names.has(name)) yield owner;
    }
  }

  #read(): Map<string, ListedNames> {
    return this.#lists ??= new Map(
      (this.#base?.installed() ?? []).map((owner) => [
        owner.databaseName,
        { owner, names: new Set(this.#base!.listOf(owner.databaseName)) },
      ]),
    );
  }
}

/** The names that a package ships, as its archive spells them. */
export class ShippedNames {
  /** The package. */
  readonly pkg: PackageCommit;
  readonly #repo: Repo;
  readonly #data: Tree;
  #list: Set<string> | undefined;

  /** Of one package. */
  constructor(repo: Repo, pkg: PackageCommit) {
    this.pkg = pkg;
    this.#repo = repo;
    this.#data = Tree.fromChecksums(repo, pkg.data);
  }

  /** Whether the package ships an absolute name. */
  has(name: string): boolean {
    const path = name.slice(1);
    const place = mergedPath(path, false);
    if (!this.#data.lookup(place) && !this.#data.lookup(mergedPath(path, true))) return false;
    return !isAliased(place) && !isAliased(`usr/${place}`) || this.list().has(name);
  }

  /** The names under which it ships what lies at a path of its tree, in the order of the archive. */
  of(path: string): string[] {
    if (!isAliased(path)) return [`/${path}`];
    const list = this.list();
    const [long, short] = [`/${path}`, path.slice("usr".length)];
    if (!list.has(short)) return [long]; // a directory that it uses and does not ship, among others
    if (!list.has(long)) return [short];
    return [...list].filter((name) => name === long || name === short);
  }

  /** All names, in the order of the archive. */
  list(): ReadonlySet<string> {
    if (!this.#list) {
      const checksum = this.pkg.info.get(`${this.pkg.databaseName}.list`)!;
      const text = new TextDecoder().decode(this.#repo.readFile(checksum, { maxSize: Infinity }));
      this.#list = new Set(text.split("\n").filter((line) => line !== ""));
    }
    return this.#list;
  }
}

/** Whether a path of a merged tree may have been shipped under a name without `usr`. */
function isAliased(path: string): boolean {
  return path.startsWith("usr/") && mergedPath(path.slice("usr/".length), true) === path;
}
