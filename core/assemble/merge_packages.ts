import { allowsVersion, parseDependencies } from "@apt-ostree/apt";
import { type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { ConflictError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { mergedPath } from "../import/usr_merge.ts";
import { ConffileMerge } from "./conffile_merge.ts";
import { directoryAt } from "./directory_at.ts";
import type { Diversion, StatOverride } from "./diversions.ts";
import { type FileOwner, type FileOwners, ShippedNames } from "./file_owners.ts";
import { FileOwnership } from "./file_ownership.ts";
import type { InstalledPackage, RecordedConffile } from "./installed_package.ts";
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

/** How {@linkcode mergePackage} lays a package out. */
export interface MergeOptions {
  /** The version that is in the tree, which this one replaces. */
  readonly old?: InstalledPackage;
  /**
   * Whether dpkg configures the package afterwards: its conffiles are then laid out as `.dpkg-new`
   * and come to their place with it. @default {false}
   */
  readonly unpackOnly?: boolean;
}

/** A package that lies in the tree. */
export interface MergedPackage {
  readonly pkg: PackageCommit;
  /** The version that it replaced. */
  readonly old: InstalledPackage | undefined;
  /** Its conffiles, as dpkg would record them now. */
  readonly conffiles: readonly RecordedConffile[];
  /** Names that another package had taken from the version before. */
  readonly lost: ReadonlySet<string>;
  /** Names that it ships and that are not laid out, as the filter has it. */
  readonly filtered: ReadonlySet<string>;
  /** Packages that have lost a name to it, or have a directory of its own to themselves no more. */
  readonly rivals: ReadonlySet<string>;
  /** Names that it ships and that another package kept, since that one replaces its files. */
  readonly yielded: ReadonlySet<string>;
  /** Conffiles that it took over, by the database name of the package that had them. */
  readonly takenConffiles: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Lay the files of one package out in a tree, with dpkg's rules for what is there already.
 *
 * Directories stay as they are; a link to a directory is followed; a file of another package is
 * replaced only where one of the two says `Replaces`; equal files of the same package for several
 * architectures are shared; diverted files go to their other name. Whole directories that nobody else
 * has are taken over unopened.
 *
 * What only the old version had stays until {@linkcode removeReplacedFiles}: between the two dpkg runs
 * the old version's postrm.
 *
 * @throws {ConflictError} `merge/file-conflict` that names both owners.
 * @see dpkg, src/main/archives.c, tarobject()
 */
export function mergePackage(
  context: MergeContext,
  pkg: PackageCommit,
  options: MergeOptions = {},
): MergedPackage {
  const merge = new Merge(context, pkg, options);
  merge.directory("", "");
  const lost = new Set(options.old && context.owners.lost.get(options.old.databaseName));
  if (options.old) context.owners.leave(options.old.databaseName);
  context.owners.add(pkg);
  for (const [name, owners] of merge.taken) {
    for (const owner of owners) {
      context.owners.lose(owner.databaseName, name);
      merge.rivals.add(owner.databaseName);
    }
  }
  const { yielded, filtered, rivals } = merge;
  const { conffiles, taken } = merge.conffiles.finish();
  return {
    ...{ pkg, old: options.old, conffiles, lost, filtered, rivals, yielded },
    takenConffiles: taken,
  };
}

class Merge {
  readonly conffiles: ConffileMerge;
  /** Names taken from other packages. */
  readonly taken = new Map<string, readonly FileOwner[]>();
  readonly yielded = new Set<string>();
  readonly filtered = new Set<string>();
  readonly rivals = new Set<string>();
  readonly #context: MergeContext;
  readonly #pkg: PackageCommit;
  readonly #data: Tree;
  readonly #names: ShippedNames;
  /** Every diversion by the name that is diverted. */
  readonly #diversions: ReadonlyMap<string, Diversion>;
  /** The same by the name that the files get instead. */
  readonly #diverted: ReadonlyMap<string, Diversion>;
  readonly #ownership: FileOwnership;
  /** Directories, by their names in the package, that must be opened. */
  readonly #opened = new Set<string>();

  constructor(context: MergeContext, pkg: PackageCommit, options: MergeOptions) {
    this.#context = context;
    this.#pkg = pkg;
    this.#data = Tree.fromChecksums(context.repo, pkg.data);
    this.#names = new ShippedNames(context.repo, pkg);
    this.#diversions = new Map(context.diversions.map((each) => [each.from, each]));
    this.#diverted = new Map(context.diversions.map((each) => [each.to, each]));
    this.#ownership = new FileOwnership(context, this.#names, this.#data);
    this.conffiles = new ConffileMerge(context, pkg, options);
    for (const name of [...this.#diversions.keys(), ...this.#diverted.keys()]) this.#open(name);
    for (const name of [...this.#ownership.names, ...this.conffiles.names]) this.#open(name);
  }

  /** Lay out one directory of the package, `from`, at `to` in the tree. */
  directory(from: string, to: string): void {
    const { tree, filter } = this.#context;
    for (const [name, entry] of this.#data.list(from)) {
      const source = from === "" ? name : `${from}/${name}`;
      const dest = to === "" ? name : `${to}/${name}`;
      if (entry.type === "file") {
        this.#file(source, dest, entry.checksum);
        continue;
      }
      const whole = !this.#opened.has(source) && filter.directory(source) === "keep";
      if (whole && entry.checksums && !tree.lookup(dest)) tree.graft(dest, entry.checksums);
      else this.#subdirectory(source, dest);
    }
  }

  #subdirectory(source: string, dest: string): void {
    const { tree, filter } = this.#context;
    for (const name of this.#names.of(source)) this.#refuseDiverted(name);
    const there = tree.lookup(dest);
    const drop = filter.directory(source) === "drop";
    if (drop) this.#leaveOut(source);
    // A link that leads to a directory stands for it.
    const real = directoryAt(tree, dest);
    if (real === undefined) {
      if (drop) {
        for (const [path] of this.#data.walk(source)) this.#leaveOut(path);
        return;
      }
      if (there && !this.#contest(source, "file", false)) return;
      if (there) tree.remove(dest);
      tree.mkdir(dest);
      tree.setMeta(dest, this.#ownership.meta(source, this.#data.meta(source)));
      this.directory(source, dest);
      return;
    }
    // Who has nothing but empty directories may be replaced with them.
    if (tree.isEmpty(real)) {
      for (const name of this.#names.of(source)) {
        for (const owner of this.#context.owners.of(name)) this.rivals.add(owner.databaseName);
      }
    }
    this.directory(source, real);
  }

  #file(source: string, dest: string, checksum: string): void {
    const { tree, filter } = this.#context;
    const link = this.#data.linkTarget(source);
    const names = this.#names.of(source);
    for (const name of names) this.#refuseDiverted(name);
    const diversion = this.#diversions.get(names.at(-1)!);
    let target = dest;
    if (diversion && diversion.package !== this.#pkg.id.name) {
      target = tree.real(diversion.to, { last: false });
    }
    const conffile = this.conffiles.has(names.at(-1)!);
    const there = tree.lookup(target);
    const kept = link !== undefined && there !== undefined && this.#isSameDirectory(target, link);
    if (!kept && (there || diversion)) {
      const verdict = this.#contest(source, there?.type, there !== undefined && !conffile);
      if (!verdict) return;
      if (verdict === "shared") return this.#requireSame(target, checksum, names);
    }
    // The filter goes by names, as the archive has them.
    const keeps = link === undefined ? filter.keepsFile : filter.keepsLink;
    if (!names.some((name) => keeps(name.slice(1)))) return this.#leaveOut(source);
    if (kept) return;
    const owned = this.#ownership.apply(source, checksum, link);
    if (conffile) return this.conffiles.put(names.at(-1)!, target, owned);
    if (there?.type === "dir") tree.remove(target);
    this.#makeParent(target);
    tree.putFile(target, owned);
  }

  #leaveOut(source: string): void {
    for (const name of this.#names.of(source)) this.filtered.add(name);
  }

  /** A link is not laid over a directory, nor over another link to the same one. */
  #isSameDirectory(target: string, link: string): boolean {
    const { tree } = this.#context;
    if (tree.lookup(target)?.type === "dir") return true;
    const there = directoryAt(tree, target);
    const parent = target.slice(0, Math.max(0, target.lastIndexOf("/")));
    return there !== undefined &&
      directoryAt(tree, link.startsWith("/") ? link : `${parent}/${link}`) === there;
  }

  /**
   * Whether the package's own version of a name goes over what is there.
   *
   * @returns `false` where another package keeps it, `shared` where another architecture of the same
   * package has it too.
   */
  #contest(source: string, there: "file" | "dir" | undefined, exists: boolean): boolean | "shared" {
    const pkg = this.#pkg;
    let shared = false;
    let keep = false;
    const names = this.#names.of(source);
    for (const name of names) {
      const by = this.#diversions.get(name)?.package;
      const losers: FileOwner[] = [];
      for (const owner of this.#context.owners.of(name)) {
        if (owner.databaseName === pkg.databaseName) continue;
        if (owner.id.name === pkg.id.name) {
          const same = (each: FileOwner) => each.control.get("Multi-Arch") === "same";
          shared ||= exists && same(owner) && same(pkg) && owner.id.version === pkg.id.version;
          continue;
        }
        if (by === owner.id.name || by === pkg.id.name) continue;
        const free = owner.state === "config-files" || this.conffiles.isObsoleteOf(owner, name);
        if (free || replaces(pkg, owner)) losers.push(owner);
        else if (replaces(owner, pkg)) keep = true;
        else throw this.#conflict(name, owner, there);
      }
      this.taken.set(name, losers);
      this.conffiles.takeFrom(name, losers);
    }
    if (keep) {
      for (const name of names) {
        this.yielded.add(name);
        this.taken.delete(name);
        this.conffiles.yield(name);
      }
      return false;
    }
    return shared ? "shared" : true;
  }

  /** Copies of one file for several architectures must be equal; the first stays. */
  #requireSame(target: string, checksum: string, names: readonly string[]): void {
    const { tree, repo } = this.#context;
    const there = tree.lookup(target);
    if (there?.type === "file") {
      if (there.checksum === checksum) return;
      const [a, b] = [repo.statFile(there.checksum), repo.statFile(checksum)];
      if (a.type === "symlink" || b.type === "symlink") {
        if (a.type === "symlink" && b.type === "symlink" && a.target === b.target) return;
      } else if (a.size === b.size) {
        const bytes = (sum: string) => repo.readFile(sum, { maxSize: Infinity });
        if (equalBytes(bytes(there.checksum), bytes(checksum))) return;
      }
    }
    const { id } = this.#pkg;
    const owner = this.#context.owners.of(names.at(-1)!).find((each) => each.id.name === id.name);
    throw new ConflictError(
      "merge/file-conflict",
      `Cannot lay out "${id.name}:${id.architecture}" ${id.version}: "${
        names.at(-1)
      }" is another file in "${id.name}:${owner?.id.architecture}"`,
      { subject: names.at(-1)!, hint: "The two architectures must be built from the same source" },
    );
  }

  /** What a diversion moves aside must not be shipped. */
  #refuseDiverted(name: string): void {
    const diversion = this.#diverted.get(name);
    if (!diversion) return;
    const { id } = this.#pkg;
    const by = diversion.package === ":" ? "a local diversion" : `"${diversion.package}"`;
    throw new ConflictError(
      "merge/file-conflict",
      `Cannot lay out "${id.name}" ${id.version}: "${name}" is where ${by} diverts "${diversion.from}" to`,
      { subject: name, hint: "Leave one of the packages out" },
    );
  }

  #conflict(name: string, owner: FileOwner, there: "file" | "dir" | undefined): ConflictError {
    const title = ({ id }: FileOwner) => `"${id.name}" ${id.version}`;
    const wantsDirectory = this.#data.isDir(mergedPath(name.slice(1), true));
    const what = wantsDirectory
      ? "should be a directory and is a file of"
      : there === "dir"
      ? "is a directory of"
      : "belongs to";
    return new ConflictError(
      wantsDirectory ? "merge/not-a-directory" : "merge/file-conflict",
      `Cannot lay out ${title(this.#pkg)}: "${name}" ${what} ${title(owner)}`,
      { subject: name, hint: "Leave one of the two packages out" },
    );
  }

  /** Remember that a name needs a look: no directory on the way to it is taken over unopened. */
  #open(name: string): void {
    for (const path of new Set([name.slice(1), `usr${name}`])) {
      if (!this.#data.lookup(path)) continue;
      for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
        this.#opened.add(path.slice(0, at));
      }
    }
  }

  #makeParent(path: string): void {
    this.#context.tree.mkdir(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  }
}

/** Whether `a` says that it may overwrite files of `b`. */
export function replaces(a: FileOwner, b: FileOwner): boolean {
  return parseDependencies(a.control.get("Replaces") ?? "").some((dependency) =>
    dependency.some((each) => each.name === b.id.name && allowsVersion(each, b.id.version))
  );
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
