import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE, DPKG_LINK_TARGET } from "./root_layout.ts";
import type { FileOwner, InstalledFiles } from "./file_owners.ts";
import type { ReplacedFiles } from "./replaced_files.ts";
import { InstalledPackage, type RecordedConffile } from "./installed_package.ts";
import type { MergedPackage } from "./merge_packages.ts";
import type { PackageVersion } from "../audit/scripts_record.ts";
import { parseDiversions, parseStatOverrides } from "./diversions.ts";
import {
  type DpkgState,
  field,
  formatStatusRecord,
  joinStatus,
  markConffilesObsolete,
  splitStatus,
  stanzaKey,
} from "./status_file.ts";
import {
  addInterests,
  dropInterests,
  formatUnincorp,
  parseTriggers,
  parseUnincorp,
  type TriggerState,
} from "./trigger_files.ts";
import { readTreeText, writeTreeText } from "./tree_text.ts";

/** A package that has just been laid out, and how far it is. */
export interface UnpackedPackage {
  readonly merged: MergedPackage;
  /** What became of the old version's files; see {@linkcode removeReplacedFiles}. */
  readonly replaced?: ReplacedFiles;
  /** Packages that it replaced completely; see {@linkcode findDisappeared}. */
  readonly disappeared?: readonly FileOwner[];
  /** File triggers that its files set off, in dpkg's order; see {@linkcode activatedFileTriggers}. */
  readonly fileTriggers?: readonly string[];
  readonly state: Extract<DpkgState, "installed" | "unpacked">;
}

/** What the Status field of a package says that needs nothing more. */
const SETTLED = /^(install|hold) ok installed$| (config-files|not-installed)$/;

/** In .md5sums a digest and two spaces stand before the path. */
const MD5SUMS_PATH = 34;
const DIRECTORIES = ["alternatives", "info", "parts", "triggers", "updates"];

/**
 * dpkg's database inside a tree, read and written without dpkg.
 *
 * @see dpkg(1), "FILES"
 */
export class DpkgDatabase implements InstalledFiles {
  readonly #repo: Repo;
  readonly #tree: Tree;
  /** Texts that wait in a transaction, by the checksums of their objects. */
  readonly #waiting = new Map<string, string>();

  /** Open the database of a tree. */
  constructor(repo: Repo, tree: Tree) {
    this.#repo = repo;
    this.#tree = tree;
  }

  /**
   * Make an empty database, and the link from its old place.
   *
   * @param architectures That packages may have, the native one first. @default dpkg's own alone
   */
  init(txn: Transaction, architectures: readonly string[] = []): void {
    for (const name of DIRECTORIES) this.#tree.mkdir(`${DPKG_DATABASE}/${name}`);
    this.#tree.mkdir("var/lib");
    this.#tree.putLink(txn, "var/lib/dpkg", DPKG_LINK_TARGET);
    this.#write(txn, "info/format", "1\n");
    this.#write(txn, "status", "");
    if (architectures.length > 1) this.#writeLines(txn, "arch", architectures);
    this.dropNoted(txn);
  }

  /** Stanzas of the status file. */
  stanzas(): string[] {
    return splitStatus(this.#read("status"));
  }

  /** Packages and their versions. */
  versions(): PackageVersion[] {
    return this.stanzas().map((stanza) => ({
      name: field(stanza, "Package"),
      architecture: field(stanza, "Architecture"),
      version: field(stanza, "Version"),
    }));
  }

  /** Diversions that packages or the administrator have set. */
  diversions(): ReturnType<typeof parseDiversions> {
    return parseDiversions(this.#read("diversions"));
  }

  /** Modes and owners that have been laid on paths. */
  statOverrides(): ReturnType<typeof parseStatOverrides> {
    return parseStatOverrides(this.#read("statoverride"));
  }

  /** The packages that it knows, those included of which only conffiles are left. */
  installed(): InstalledPackage[] {
    return this.stanzas().map((stanza) => new InstalledPackage(stanza));
  }

  /** Absolute names that a package's list has, in its order. */
  listOf(databaseName: string): string[] {
    return lines(this.#read(`info/${databaseName}.list`));
  }

  /**
   * Record packages whose files have been laid out.
   *
   * Their triggers are noted where the next dpkg run finds them.
   */
  unpack(txn: Transaction, packages: readonly UnpackedPackage[]): void {
    const stanzas = new Map(this.stanzas().map((stanza) => [stanzaKey(stanza), stanza]));
    const keys = new Map(this.installed().map((each) => [each.databaseName, keyOf(each)]));
    const gone = new Set<string>();
    const fresh = new Set(packages.map(({ merged }) => merged.pkg.databaseName));
    for (const { merged, replaced, disappeared = [], state } of packages) {
      const { pkg, old } = merged;
      const obsolete = replaced?.obsolete ?? [];
      gone.delete(pkg.databaseName);
      if (old) {
        stanzas.delete(keyOf(old));
        this.#dropInterests(txn, old.databaseName);
        this.#removeInfo(old.databaseName);
      }
      const stanza = formatStatusRecord({
        control: pkg.control,
        state,
        conffiles: [...merged.conffiles, ...obsoleteConffiles(old, obsolete)],
        ...configVersion(old, state),
      });
      stanzas.set(stanzaKey(stanza), stanza);
      keys.set(pkg.databaseName, stanzaKey(stanza));
      this.#writeInfo(txn, merged, obsolete);
      for (const [name, names] of merged.takenConffiles) {
        const key = keys.get(name);
        const other = key === undefined ? undefined : stanzas.get(key);
        if (other === undefined) continue;
        stanzas.set(key!, markConffilesObsolete(other, names, !fresh.has(name)));
      }
      for (const other of disappeared) {
        stanzas.delete(keyOf(other));
        this.#dropInterests(txn, other.databaseName);
        this.#removeInfo(other.databaseName);
        gone.add(other.databaseName);
      }
    }
    this.#write(txn, "status", joinStatus(stanzas.values()));
    const native = packages.find(({ merged }) => merged.pkg.id.name === "dpkg");
    // Installers of Debian name the architecture here, beside which dpkg lists foreign ones.
    if (native && this.#read("arch") === "") {
      this.#write(txn, "arch", `${native.merged.pkg.id.architecture}\n`);
    }
    const triggered = packages.map(({ merged: { pkg } }) => ({
      ...pkg,
      triggers: gone.has(pkg.databaseName) ? [] : parseTriggers(pkg.triggers),
    }));
    this.#writeTriggers(txn, addInterests(this.triggers(), triggered));
    const noted = triggered.flatMap(({ databaseName, triggers }, at) => {
      const { state, fileTriggers = [] } = packages[at]!;
      const named = triggers.filter((each) => each.kind === "activate").map((each) => {
        const waits = each.await && state === "installed";
        return [each.trigger, waits ? databaseName : "-"] as const;
      });
      return [...named, ...fileTriggers.map((path) => [path, "-"] as const)];
    });
    this.activate(txn, noted);
  }

  /** Note triggers for the next dpkg run, each with the package that waits for it or `-`. */
  activate(
    txn: Transaction,
    activations: readonly (readonly [trigger: string, awaiter: string])[],
  ): void {
    if (activations.length === 0) return;
    const before = parseUnincorp(this.#read("triggers/Unincorp"));
    this.#write(txn, "triggers/Unincorp", formatUnincorp([...before, ...activations]));
  }

  /** Triggers that the next dpkg run would find to have happened. */
  noted(): string[] {
    return parseUnincorp(this.#read("triggers/Unincorp")).map(([trigger]) => trigger);
  }

  /**
   * Let the next dpkg run find no triggers.
   *
   * The file is empty and not away: a dpkg that finds none takes all triggers to have happened.
   *
   * @see dpkg, lib/dpkg/triglib.c, trig_incorporate()
   */
  dropNoted(txn: Transaction): void {
    this.#write(txn, "triggers/Unincorp", "");
  }

  /** Who waits for which trigger. */
  triggers(): TriggerState {
    const explicit = new Map<string, string[]>();
    for (const [name, entry] of this.#tree.list(`${DPKG_DATABASE}/triggers`)) {
      if (entry.type === "file" && !/^[A-Z]/.test(name)) {
        explicit.set(name, lines(this.#read(`triggers/${name}`)));
      }
    }
    return { file: lines(this.#read("triggers/File")), explicit };
  }

  /** Take away names from a package's list that another package has taken over. */
  disown(txn: Transaction, databaseName: string, names: ReadonlySet<string>): void {
    const kept = this.listOf(databaseName).filter((name) => !names.has(name));
    this.#writeLines(txn, `info/${databaseName}.list`, kept);
  }

  /**
   * Say of every path in the lists of files, and in those of their digests, where it lies.
   *
   * @param place The new path of a path; `undefined` where it is not listed any more. No path has a
   * leading slash.
   * @param known Files below `info/`, by name and checksum, of which this is done already.
   */
  movePaths(
    txn: Transaction,
    place: (path: string) => string | undefined,
    known: ReadonlyMap<string, string> = new Map(),
  ): void {
    for (const [name, entry] of this.#tree.list(`${DPKG_DATABASE}/info`)) {
      if (entry.type === "file" && known.get(name) === entry.checksum) continue;
      // A line of .list is a path; in .md5sums a digest and two spaces stand before it.
      const start = name.endsWith(".list")
        ? 1
        : name.endsWith(".md5sums")
        ? MD5SUMS_PATH
        : undefined;
      if (entry.type !== "file" || start === undefined) continue;
      const text = new TextDecoder().decode(this.#repo.readFile(entry.checksum));
      const moved = text.split("\n").flatMap((line) => {
        if (line === "") return [line];
        const to = place(line.slice(start));
        return to === undefined ? [] : [line.slice(0, start) + to];
      }).join("\n");
      if (moved !== text) this.#write(txn, `info/${name}`, moved);
    }
  }

  /** Names, as the database has them, of packages that are not installed and configured. */
  unfinished(): string[] {
    return this.stanzas().filter((stanza) => !SETTLED.test(field(stanza, "Status")))
      .map((stanza) => `${field(stanza, "Package")} (${field(stanza, "Status")})`);
  }

  /** The package's part of `info/`; its list says what is its own. */
  #writeInfo(
    txn: Transaction,
    { pkg, yielded, filtered }: MergedPackage,
    obsolete: readonly string[],
  ): void {
    for (const [name, checksum] of pkg.info) {
      this.#tree.putFile(`${DPKG_DATABASE}/info/${name}`, checksum);
    }
    if (yielded.size > 0 || obsolete.length > 0) {
      const own = this.listOf(pkg.databaseName).filter((name) => !yielded.has(name));
      this.#writeLines(txn, `info/${pkg.databaseName}.list`, [...own, ...obsolete]);
    }
    // Digests that are not the package's own are of what was laid out.
    if (pkg.ownMd5sums || yielded.size + filtered.size === 0) return;
    const name = `info/${pkg.databaseName}.md5sums`;
    const left = (line: string) => {
      const path = `/${line.slice(MD5SUMS_PATH)}`;
      return !yielded.has(path) && !filtered.has(path);
    };
    this.#writeLines(txn, name, lines(this.#read(name)).filter(left));
  }

  #removeInfo(databaseName: string): void {
    for (const [name] of this.#tree.list(`${DPKG_DATABASE}/info`)) {
      const own = name.startsWith(`${databaseName}.`) &&
        !name.slice(databaseName.length + 1).includes(".");
      if (own) this.#tree.remove(`${DPKG_DATABASE}/info/${name}`);
    }
  }

  #dropInterests(txn: Transaction, databaseName: string): void {
    const before = this.triggers();
    const { file, explicit } = dropInterests(before, databaseName);
    if (file.length < before.file.length) this.#writeLines(txn, "triggers/File", file);
    for (const [name, who] of before.explicit) {
      const left = explicit.get(name) ?? [];
      if (left.length === who.length) continue;
      if (left.length > 0) this.#writeLines(txn, `triggers/${name}`, left);
      else this.#tree.remove(`${DPKG_DATABASE}/triggers/${name}`);
    }
  }

  #writeTriggers(txn: Transaction, state: TriggerState): void {
    if (state.file.length > 0) this.#writeLines(txn, "triggers/File", state.file);
    for (const [name, who] of state.explicit) this.#writeLines(txn, `triggers/${name}`, who);
  }

  #read(name: string): string {
    const path = `${DPKG_DATABASE}/${name}`;
    const entry = this.#tree.lookup(path);
    const waiting = entry?.type === "file" ? this.#waiting.get(entry.checksum) : undefined;
    return waiting ?? readTreeText(this.#repo, this.#tree, path) ?? "";
  }

  #write(txn: Transaction, name: string, text: string): void {
    const path = `${DPKG_DATABASE}/${name}`;
    writeTreeText(txn, this.#tree, path, text);
    const entry = this.#tree.lookup(path);
    if (entry?.type === "file") this.#waiting.set(entry.checksum, text);
  }

  #writeLines(txn: Transaction, name: string, all: readonly string[]): void {
    this.#write(txn, name, all.map((line) => `${line}\n`).join(""));
  }
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function keyOf({ id }: FileOwner): string {
  return `${id.name}\0${id.architecture}`;
}

/** Conffiles of the old version that its successor does not have, as they are recorded from now on. */
function obsoleteConffiles(
  old: InstalledPackage | undefined,
  names: readonly string[],
): RecordedConffile[] {
  return names.flatMap((name) => old?.conffiles.filter(({ path }) => path === name) ?? [])
    .map((each) => ({ ...each, obsolete: true }));
}

/** What was configured before, as long as the new version is not. */
function configVersion(
  old: InstalledPackage | undefined,
  state: DpkgState,
): { readonly configVersion?: string } {
  if (!old || state !== "unpacked") return {};
  const version = old.control.get("Config-Version") ?? old.id.version;
  return { configVersion: version };
}
