import { allowsVersion, parseDependencies } from "@apt-ostree/apt";
import { type DirMeta, type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { ConflictError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import type { Diversion, StatOverride } from "./diversions.ts";
import type { PathFilter } from "./path_filter.ts";

/** Accounts by name, as the tree has them. */
export interface AccountIds {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

/** What decides where the files of a package come to lie. */
export interface MergeContext {
  readonly repo: Repo;
  readonly txn: Transaction;
  readonly tree: Tree;
  readonly filter: PathFilter;
  readonly diversions: readonly Diversion[];
  readonly statOverrides: readonly StatOverride[];
  readonly accounts: AccountIds;
  /** Packages laid out before, to name the owner of a path. */
  readonly owners: FileOwners;
}

/** Knows which package a path came from. */
export class FileOwners {
  readonly #packages: { readonly pkg: PackageCommit; readonly data: Tree }[] = [];
  /** Paths that a later package took over, by the database name of the earlier one. */
  readonly takenOver = new Map<string, Set<string>>();

  /** Note a package as laid out. */
  add(pkg: PackageCommit, data: Tree): void {
    this.#packages.push({ pkg, data });
  }

  /** The latest package that ships a path, which has no leading slash; taken-over paths left out. */
  find(path: string): PackageCommit | undefined {
    const found = this.#packages.findLast(({ pkg, data }) =>
      data.lookup(path) !== undefined && !this.takenOver.get(pkg.databaseName)?.has(path)
    );
    return found?.pkg;
  }
}

/**
 * Lay the files of one package out in a tree, with dpkg's rules for what is there already.
 *
 * Directories stay as they are; a link to a directory is followed; a file of another package is
 * replaced only where one of the two says `Replaces`; equal files of the same package for several
 * architectures are shared; diverted files go to their other name. Whole directories that nobody else
 * has are taken over unopened.
 *
 * @throws {ConflictError} `merge/file-conflict` that names both owners.
 * @see dpkg, src/main/archives.c, tarobject()
 */
export function mergePackage(context: MergeContext, pkg: PackageCommit): void {
  const data = Tree.fromChecksums(context.repo, pkg.data);
  new Merge(context, pkg, data).directory("", "");
  context.owners.add(pkg, data);
}

class Merge {
  readonly #context: MergeContext;
  readonly #pkg: PackageCommit;
  readonly #data: Tree;
  /** Paths that need a look: where they lie, no directory is taken over unopened. */
  readonly #special: string[];
  readonly #diverted: ReadonlyMap<string, string>;
  readonly #overrides: ReadonlyMap<string, StatOverride>;
  readonly #owners: ReadonlyMap<string, { readonly user: string; readonly group: string }>;

  constructor(context: MergeContext, pkg: PackageCommit, data: Tree) {
    this.#context = context;
    this.#pkg = pkg;
    this.#data = data;
    const real = (path: string) => context.tree.real(path, { last: false });
    this.#diverted = new Map(
      context.diversions.filter((each) => each.package !== pkg.id.name)
        .map((each) => [real(each.from), real(each.to)]),
    );
    this.#overrides = new Map(context.statOverrides.map((each) => [real(each.path), each]));
    this.#owners = new Map(pkg.owners.map((each) => [each.path, each]));
    this.#special = [...this.#diverted.keys(), ...this.#overrides.keys(), ...this.#wrongIds()];
  }

  /** Lay out one directory of the package, `from`, at `to` in the tree. */
  directory(from: string, to: string): void {
    const { tree, filter } = this.#context;
    for (const [name, entry] of this.#data.list(from)) {
      const source = from === "" ? name : `${from}/${name}`;
      const dest = to === "" ? name : `${to}/${name}`;
      if (entry.type === "file") {
        if (filter.keepsFile(source)) this.#file(source, dest, entry.checksum);
        continue;
      }
      const verdict = filter.directory(source);
      if (verdict === "drop") continue;
      const there = tree.lookup(dest);
      if (!there && verdict === "keep" && entry.checksums && !this.#needsLook(source, dest)) {
        tree.graft(dest, entry.checksums);
      } else this.#subdirectory(source, dest, verdict === "descend" && this.#isEmptied(source));
    }
  }

  #subdirectory(source: string, dest: string, emptied: boolean): void {
    const { tree } = this.#context;
    let real = dest;
    const there = tree.lookup(dest);
    if (there?.type === "file") {
      // A link that leads to a directory stands for it; nothing else may be in the way.
      real = tree.real(dest);
      if (!tree.isDir(real)) {
        const owner = this.#context.owners.find(dest)?.id.name ?? "no package";
        throw new ConflictError(
          "merge/not-a-directory",
          `Cannot lay out "${this.#pkg.id.name}": "/${dest}" should be a directory and is a file of ${owner}`,
          { subject: `/${dest}`, hint: "Leave one of the two packages out" },
        );
      }
    } else if (!there) {
      if (emptied) return;
      tree.mkdir(dest);
      tree.setMeta(dest, this.#meta(source, dest, this.#data.meta(source)));
    }
    this.directory(source, real);
  }

  #file(source: string, dest: string, checksum: string): void {
    const { tree, txn } = this.#context;
    const target = this.#diverted.get(dest) ?? dest;
    const there = tree.lookup(target);
    const link = this.#data.linkTarget(source);
    if (there?.type === "dir") {
      // dpkg never replaces a directory by a link; a file in its place is an error.
      if (link !== undefined) return;
      throw this.#conflict(target);
    }
    if (there && !this.#mayReplace(source, target, there.checksum, checksum)) return;
    tree.mkdir(target.slice(0, Math.max(0, target.lastIndexOf("/"))));
    tree.putFile(target, link === undefined ? this.#owned(source, dest, checksum, txn) : checksum);
  }

  /** Whether the package's file goes over the one that is there; `false` keeps the other. */
  #mayReplace(source: string, target: string, old: string, next: string): boolean {
    const owner = this.#context.owners.find(target) ?? this.#context.owners.find(source);
    if (!owner) return true; // a script made it
    const pkg = this.#pkg;
    if (owner.id.name === pkg.id.name) {
      if (old === next && pkg.control.get("Multi-Arch") === "same") return true;
      if (owner.databaseName === pkg.databaseName) return true;
    }
    if (replaces(owner, pkg)) return false;
    if (!replaces(pkg, owner)) throw this.#conflict(target, owner);
    const taken = this.#context.owners.takenOver;
    taken.set(owner.databaseName, (taken.get(owner.databaseName) ?? new Set()).add(target));
    return true;
  }

  #conflict(path: string, owner = this.#context.owners.find(path)): ConflictError {
    const title = ({ id }: PackageCommit) => `"${id.name}" ${id.version}`;
    const by = owner ? `belongs to ${title(owner)}` : "is a directory";
    return new ConflictError(
      "merge/file-conflict",
      `Cannot lay out ${title(this.#pkg)}: "/${path}" ${by}`,
      { subject: `/${path}`, hint: "Leave one of the two packages out" },
    );
  }

  /** Checksum of a file with the owner and mode that it has on this system. */
  #owned(source: string, dest: string, checksum: string, txn: Transaction): string {
    const { repo } = this.#context;
    if (!this.#overrides.has(dest) && !this.#wrong.has(source)) return checksum;
    const { size: _, ...meta } = repo.statFile(checksum);
    if (meta.type !== "file") return checksum;
    const next = this.#meta(source, dest, meta);
    return txn.writeFile({ ...next }, repo.readFile(checksum, { maxSize: Infinity }));
  }

  #meta(source: string, dest: string, meta: DirMeta): DirMeta {
    const { accounts } = this.#context;
    const override = this.#overrides.get(dest);
    if (override) {
      return {
        ...meta,
        uid: idOf(override.user, accounts.users) ?? meta.uid,
        gid: idOf(override.group, accounts.groups) ?? meta.gid,
        mode: override.mode,
      };
    }
    const named = this.#owners.get(source);
    return named
      ? {
        ...meta,
        uid: accounts.users.get(named.user) ?? meta.uid,
        gid: accounts.groups.get(named.group) ?? meta.gid,
      }
      : meta;
  }

  readonly #wrong = new Set<string>();

  /** Paths whose owner has another number on this system than in the package. */
  #wrongIds(): string[] {
    const { accounts, repo } = this.#context;
    for (const { path, user, group } of this.#pkg.owners) {
      const entry = this.#data.lookup(path);
      if (!entry) continue;
      const meta = entry.type === "dir" ? this.#data.meta(path) : repo.statFile(entry.checksum);
      const uid = accounts.users.get(user) ?? meta.uid;
      const gid = accounts.groups.get(group) ?? meta.gid;
      if (uid !== meta.uid || gid !== meta.gid) this.#wrong.add(path);
    }
    return [...this.#wrong];
  }

  #needsLook(source: string, dest: string): boolean {
    return this.#special.some((path) =>
      path === dest || path.startsWith(`${dest}/`) || path.startsWith(`${source}/`)
    );
  }

  /** Whether a filtered directory would stay without any file. */
  #isEmptied(source: string): boolean {
    const { filter } = this.#context;
    return this.#data.list(source).length > 0 && this.#data.list(source).every(([name, entry]) => {
      const path = `${source}/${name}`;
      if (entry.type === "file") return !filter.keepsFile(path);
      return filter.directory(path) === "drop" || this.#isEmptied(path);
    });
  }
}

/** Whether `a` says that it may overwrite files of `b`. */
function replaces(a: PackageCommit, b: PackageCommit): boolean {
  return parseDependencies(a.control.get("Replaces") ?? "").some((dependency) =>
    dependency.some((each) => each.name === b.id.name && allowsVersion(each, b.id.version))
  );
}

function idOf(name: string, ids: ReadonlyMap<string, number>): number | undefined {
  return name.startsWith("#") ? Number(name.slice(1)) : ids.get(name);
}
