import type { DirMeta, Tree } from "@apt-ostree/ostree";
import type { StatOverride } from "./diversions.ts";
import type { ShippedNames } from "./file_owners.ts";
import type { MergeContext } from "./merge_packages.ts";

/**
 * Gives the files of one package the owners and modes that they have on this system: an archive has
 * owners by name, which may have another number here, and statoverrides go over both.
 *
 * @see dpkg, src/main/archives.c, tarobject_set_perms()
 */
export class FileOwnership {
  readonly #context: MergeContext;
  readonly #names: ShippedNames;
  readonly #overrides: ReadonlyMap<string, StatOverride>;
  readonly #owners: ReadonlyMap<string, { readonly user: string; readonly group: string }>;
  /** Paths whose owner has another number here than in the package. */
  readonly #wrong: ReadonlySet<string>;

  constructor(context: MergeContext, names: ShippedNames, data: Tree) {
    this.#context = context;
    this.#names = names;
    this.#overrides = new Map(context.statOverrides.map((each) => [each.path, each]));
    this.#owners = new Map(names.pkg.owners.map((each) => [each.path, each]));
    const wrong = new Set<string>();
    for (const path of this.#owners.keys()) {
      const entry = data.lookup(path);
      if (!entry) continue;
      const meta = entry.type === "dir" ? data.meta(path) : context.repo.statFile(entry.checksum);
      const { uid, gid } = this.#named(path, meta);
      if (uid !== meta.uid || gid !== meta.gid) wrong.add(path);
    }
    this.#wrong = wrong;
  }

  /** Absolute names whose directories must be opened, since they cannot be taken as they are. */
  get names(): string[] {
    return [...this.#overrides.keys(), ...[...this.#wrong].map((path) => `/${path}`)];
  }

  /** Checksum of a file or link with its owner and mode here. */
  apply(source: string, checksum: string, link: string | undefined): string {
    const { repo, txn } = this.#context;
    if (!this.#override(source) && !this.#wrong.has(source)) return checksum;
    const { size: _, ...meta } = repo.statFile(checksum);
    if (link !== undefined) {
      const { uid, gid } = this.meta(source, { ...meta, mode: 0o777 });
      return txn.writeSymlink({ uid, gid, xattrs: meta.xattrs ?? [] }, link);
    }
    if (meta.type !== "file") return checksum;
    const next = this.meta(source, meta);
    return txn.writeFile({ ...next }, repo.readFile(checksum, { maxSize: Infinity }));
  }

  /** Owner and mode of something the package ships, here. */
  meta(source: string, meta: DirMeta): DirMeta {
    const { accounts } = this.#context;
    const override = this.#override(source);
    if (!override) return { ...meta, ...this.#named(source, meta) };
    return {
      ...meta,
      uid: idOf(override.user, accounts.users) ?? meta.uid,
      gid: idOf(override.group, accounts.groups) ?? meta.gid,
      mode: override.mode,
    };
  }

  #named(
    source: string,
    { uid, gid }: { readonly uid: number; readonly gid: number },
  ): { readonly uid: number; readonly gid: number } {
    const { users, groups } = this.#context.accounts;
    const owner = this.#owners.get(source);
    if (!owner) return { uid, gid };
    return { uid: users.get(owner.user) ?? uid, gid: groups.get(owner.group) ?? gid };
  }

  #override(source: string): StatOverride | undefined {
    if (this.#overrides.size === 0) return undefined;
    return this.#overrides.get(this.#names.of(source).at(-1)!);
  }
}

function idOf(name: string, ids: ReadonlyMap<string, number>): number | undefined {
  return name.startsWith("#") ? Number(name.slice(1)) : ids.get(name);
}
