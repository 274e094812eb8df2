import type { PackageCommit } from "../import/package_commit.ts";
import { md5, parseConffiles } from "../import/control_members.ts";
import { decideConffile } from "./conffile_rule.ts";
import type { FileOwner } from "./file_owners.ts";
import type { InstalledPackage, RecordedConffile } from "./installed_package.ts";
import type { Conffile } from "./status_file.ts";
import type { MergeContext, MergeOptions } from "./merge_packages.ts";

/** What dpkg's database records of a conffile whose package is not configured yet. */
const NEW = "newconffile";

/**
 * Lays out the conffiles of one package, and says what is to be recorded of them.
 *
 * @see dpkg, src/main/unpack.c, deb_parse_conffiles(); src/main/configure.c
 */
export class ConffileMerge {
  readonly #context: MergeContext;
  readonly #pkg: PackageCommit;
  readonly #unpackOnly: boolean;
  /** What the package declares, in its order: absolute name to whether an upgrade removes it. */
  readonly #declared: ReadonlyMap<string, boolean>;
  /** Digests recorded before, of this package or the one it takes a conffile from. */
  readonly #recorded: Map<string, string>;
  readonly #yielded = new Set<string>();
  /** Those that dpkg is yet to install. */
  readonly #waiting = new Set<string>();
  readonly #taken = new Map<string, Set<string>>();

  constructor(context: MergeContext, pkg: PackageCommit, options: MergeOptions) {
    this.#context = context;
    this.#pkg = pkg;
    this.#unpackOnly = options.unpackOnly ?? false;
    const checksum = pkg.info.get(`${pkg.databaseName}.conffiles`);
    const text = checksum === undefined
      ? ""
      : new TextDecoder().decode(context.repo.readFile(checksum));
    this.#declared = new Map(
      parseConffiles(text).map(({ path, removeOnUpgrade }) => [path, removeOnUpgrade]),
    );
    this.#recorded = new Map(options.old?.conffiles.map(({ path, md5 }) => [path, md5]));
  }

  /** Names that need a look. */
  get names(): Iterable<string> {
    return this.#declared.keys();
  }

  /** Whether the package ships this name as a conffile. */
  has(name: string): boolean {
    return this.#declared.get(name) === false;
  }

  /** Whether the name is a conffile here that an installed package left behind. */
  isObsoleteOf(owner: FileOwner, name: string): boolean {
    return this.has(name) &&
      conffilesOf(owner).some((each) => each.obsolete && each.path === name);
  }

  /** Take a conffile over from packages that had it. */
  takeFrom(name: string, owners: readonly FileOwner[]): void {
    if (!this.has(name)) return;
    for (const owner of owners) {
      const recorded = conffilesOf(owner).find((each) => each.path === name);
      if (recorded && !this.#recorded.has(name)) this.#recorded.set(name, recorded.md5);
      this.#taken.set(
        owner.databaseName,
        (this.#taken.get(owner.databaseName) ?? new Set()).add(name),
      );
    }
  }

  /** Another package keeps the file. */
  yield(name: string): void {
    if (this.has(name)) this.#yielded.add(name);
  }

  /** Lay one out. @param path Where it lies, diversions followed. */
  put(name: string, path: string, checksum: string): void {
    const { tree, repo, txn } = this.#context;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    tree.mkdir(parent);
    // Where a link leads elsewhere, dpkg unpacks beside the link, does not find that again, and leaves it.
    if (this.#unpackOnly || tree.linkTarget(path) !== undefined) {
      this.#waiting.add(name);
      return tree.putFile(`${path}.dpkg-new`, checksum);
    }
    const there = tree.lookup(path);
    const bytes = (sum: string) => repo.readFile(sum, { maxSize: Infinity });
    const current = there?.type === "file" ? md5(bytes(there.checksum)) : undefined;
    const shipped = this.#shipped(name);
    const verdict = decideConffile(this.#recorded.get(name), current, shipped);
    tree.remove(`${path}.dpkg-new`); // what a failed run left there
    if (verdict === "keep") return;
    if (there?.type !== "file") {
      return tree.putFile(verdict === "install" ? path : `${path}.dpkg-dist`, checksum);
    }
    // dpkg keeps the owner and mode of the file that is there.
    const { uid, gid, mode } = { mode: 0o644, ...repo.statFile(there.checksum) };
    const next = repo.statFile(checksum);
    const same = next.type === "file" && next.uid === uid && next.gid === gid && next.mode === mode;
    tree.putFile(
      verdict === "install" ? path : `${path}.dpkg-dist`,
      same ? checksum : txn.writeFile({ uid, gid, mode }, bytes(checksum)),
    );
  }

  /** What is to be recorded of the package's conffiles, and what of those of others. */
  finish(): {
    readonly conffiles: RecordedConffile[];
    readonly taken: ReadonlyMap<string, ReadonlySet<string>>;
  } {
    const conffiles = [...this.#declared].map(([path, removeOnUpgrade]): RecordedConffile => {
      const before = this.#recorded.get(path) ?? NEW;
      const shipped = !removeOnUpgrade && !this.#yielded.has(path) && !this.#waiting.has(path);
      const digest = shipped ? this.#shipped(path) : before;
      return { path, md5: digest, obsolete: this.#yielded.has(path), removeOnUpgrade };
    });
    return { conffiles, taken: this.#taken };
  }

  #shipped(name: string): string {
    return this.#pkg.conffiles.find(({ path }) => path === name)?.md5 ?? NEW;
  }
}

/** Of a package that came in the same transaction none is obsolete, and the digest is its own. */
function conffilesOf(owner: FileOwner): readonly (Conffile & Partial<RecordedConffile>)[] {
  return (owner as Partial<InstalledPackage | PackageCommit>).conffiles ?? [];
}
