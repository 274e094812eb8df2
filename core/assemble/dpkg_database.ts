import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE, DPKG_LINK_TARGET } from "./root_layout.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { parseDiversions, parseStatOverrides } from "./diversions.ts";
import {
  type DpkgState,
  field,
  formatStatusRecord,
  joinStatus,
  splitStatus,
} from "./status_file.ts";
import { addInterests, formatUnincorp, parseTriggers, type TriggerState } from "./trigger_files.ts";
import { readTreeText, writeTreeText } from "./tree_text.ts";

/** A package that has just been laid out, and how far it is. */
export interface UnpackedPackage {
  readonly pkg: PackageCommit;
  readonly state: Extract<DpkgState, "installed" | "unpacked">;
}

const DIRECTORIES = ["alternatives", "info", "parts", "triggers", "updates"];

/**
 * dpkg's database inside a tree, read and written without dpkg.
 *
 * @see dpkg(1), "FILES"
 */
export class DpkgDatabase {
  readonly #repo: Repo;
  readonly #tree: Tree;

  /** Open the database of a tree. */
  constructor(repo: Repo, tree: Tree) {
    this.#repo = repo;
    this.#tree = tree;
  }

  /** Make an empty database, and the link from its old place. */
  init(txn: Transaction): void {
    for (const name of DIRECTORIES) this.#tree.mkdir(`${DPKG_DATABASE}/${name}`);
    this.#tree.mkdir("var/lib");
    this.#tree.putLink(txn, "var/lib/dpkg", DPKG_LINK_TARGET);
    writeTreeText(txn, this.#tree, `${DPKG_DATABASE}/info/format`, "1\n");
    writeTreeText(txn, this.#tree, `${DPKG_DATABASE}/status`, "");
  }

  /** Stanzas of the status file. */
  stanzas(): string[] {
    return splitStatus(this.#read("status"));
  }

  /** Diversions that packages or the administrator have set. */
  diversions(): ReturnType<typeof parseDiversions> {
    return parseDiversions(this.#read("diversions"));
  }

  /** Modes and owners that have been laid on paths. */
  statOverrides(): ReturnType<typeof parseStatOverrides> {
    return parseStatOverrides(this.#read("statoverride"));
  }

  /**
   * Record packages whose files have been laid out.
   *
   * Their triggers are noted where the next dpkg run finds them.
   *
   * @param activations Triggers that the new files set off, beside those the packages name.
   */
  unpack(
    txn: Transaction,
    packages: readonly UnpackedPackage[],
    activations: readonly string[],
  ): void {
    const stanzas = this.stanzas();
    for (const { pkg, state } of packages) {
      stanzas.push(formatStatusRecord({ control: pkg.control, state, conffiles: pkg.conffiles }));
      for (const [name, checksum] of pkg.info) {
        this.#tree.putFile(`${DPKG_DATABASE}/info/${name}`, checksum);
      }
    }
    this.#write(txn, "status", joinStatus(stanzas));
    const triggered = packages.map(({ pkg }) => ({
      ...pkg,
      triggers: parseTriggers(pkg.triggers),
    }));
    this.#writeTriggers(txn, addInterests(this.triggers(), triggered));
    const noted = triggered.flatMap(({ databaseName, triggers }, at) =>
      triggers.filter((each) => each.kind === "activate").map((each) => {
        const waits = each.await && packages[at]!.state === "installed";
        return [each.trigger, waits ? databaseName : "-"] as const;
      })
    );
    const all = [...noted, ...activations.map((path) => [path, "-"] as const)];
    if (all.length > 0) this.#write(txn, "triggers/Unincorp", formatUnincorp(all));
  }

  /** Who waits for which trigger. */
  triggers(): TriggerState {
    const lines = (text: string) => text.split("\n").filter((line) => line !== "");
    const explicit = new Map<string, string[]>();
    for (const [name, entry] of this.#tree.list(`${DPKG_DATABASE}/triggers`)) {
      if (entry.type === "file" && !/^[A-Z]/.test(name)) {
        explicit.set(name, lines(this.#read(`triggers/${name}`)));
      }
    }
    return { file: lines(this.#read("triggers/File")), explicit };
  }

  /**
   * Take away paths from a package's list that another package has taken over.
   *
   * @param paths Without leading slash, in the merged tree.
   */
  disown(txn: Transaction, databaseName: string, paths: ReadonlySet<string>): void {
    const name = `info/${databaseName}.list`;
    const kept = this.#read(name).split("\n").filter((line) =>
      line === "" || !paths.has(this.#tree.real(line, { last: false }))
    );
    this.#write(txn, name, kept.join("\n"));
  }

  /**
   * Take away paths that the image does not hold, so that `dpkg --verify` does not miss what was left
   * out or moved on purpose.
   *
   * @param exists Whether the image holds a path, which has no leading slash.
   */
  forgetMissing(txn: Transaction, exists: (path: string) => boolean): void {
    for (const [name, entry] of this.#tree.list(`${DPKG_DATABASE}/info`)) {
      // A line of .list is a path; in .md5sums a digest and two spaces stand before it.
      const start = name.endsWith(".list") ? 1 : name.endsWith(".md5sums") ? 34 : undefined;
      if (entry.type !== "file" || start === undefined) continue;
      const lines = new TextDecoder().decode(this.#repo.readFile(entry.checksum)).split("\n");
      const kept = lines.filter((line) => line === "" || exists(line.slice(start)));
      if (kept.length < lines.length) this.#write(txn, `info/${name}`, kept.join("\n"));
    }
  }

  /** Names, as the database has them, of packages that are not installed and configured. */
  unfinished(): string[] {
    return this.stanzas().filter((stanza) => field(stanza, "Status") !== "install ok installed")
      .map((stanza) => `${field(stanza, "Package")} (${field(stanza, "Status")})`);
  }

  #writeTriggers(txn: Transaction, state: TriggerState): void {
    if (state.file.length > 0) {
      this.#write(
        txn,
        "triggers/File",
        state.file.map((l) => `${l}\n`).join(""),
      );
    }
    for (const [name, who] of state.explicit) {
      this.#write(txn, `triggers/${name}`, who.map((each) => `${each}\n`).join(""));
    }
  }

  #read(name: string): string {
    return readTreeText(this.#repo, this.#tree, `${DPKG_DATABASE}/${name}`) ?? "";
  }

  #write(txn: Transaction, name: string, text: string): void {
    writeTreeText(txn, this.#tree, `${DPKG_DATABASE}/${name}`, text);
  }
}
