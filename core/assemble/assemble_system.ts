import { formatStanza } from "@apt-ostree/apt";
import { hostRunner, type Progress, type Runner } from "@apt-ostree/base";
import {
  applyOverlay,
  checkoutTree,
  type Repo,
  syncCheckout,
  type Transaction,
  Tree,
  type TreeChecksums,
} from "@apt-ostree/ostree";
import {
  type InterceptedCall,
  type MaintainerScript,
  removeTree,
  runDpkgConfigure,
  runMaintainerScript,
  Sandbox,
  ShadowLayer,
} from "@apt-ostree/sandbox";
import { DPKG_DATABASE, ROOT_DIRECTORIES, USR_MERGE_LINKS } from "./root_layout.ts";
import { type RecordedScript, recordScripts } from "../audit/scripts_record.ts";
import { AssembleError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { parseGroup, parsePasswd } from "./account_files.ts";
import { DpkgDatabase, type UnpackedPackage } from "./dpkg_database.ts";
import { FileOwners } from "./file_owners.ts";
import { type AccountIds, mergePackage } from "./merge_packages.ts";
import { KEEP_ALL, type PathFilter } from "./path_filter.ts";
import { configuredByDpkg, planWaves } from "./plan_waves.ts";
import { type Stage, StageCache } from "./stage_cache.ts";
import { readTreeText } from "./tree_text.ts";

/** Where dpkg has the control files of a package that it is about to unpack. */
const PREINST_PLACE = `${DPKG_DATABASE}/tmp.ci`;
const SCRIPT_MEMBERS: ReadonlySet<string> = new Set([
  ...["config", "postinst", "postrm", "preinst", "prerm"],
]);

/** How {@linkcode Assembly} works. */
export interface AssemblyOptions {
  /** Repository that holds the package commits; of mode bare or bare-user. */
  readonly repo: Repo;
  /** Empty directory on the repository's filesystem; its owner removes it. */
  readonly directory: string;
  /** Seconds since 1970 that scripts take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** Which shipped paths are laid out. @default all */
  readonly filter?: PathFilter;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/**
 * A system that is being made from packages: a tree in memory, a checkout of it, and a sandbox above
 * the checkout.
 *
 * Packages that need no script never touch the disk: their files are merged by name. Scripts run on
 * an overlay, of which only the upper layer is read back.
 */
export class Assembly {
  readonly #options: AssemblyOptions;
  readonly #repo: Repo;
  readonly #runner: Runner;
  #owners: FileOwners;
  readonly #calls: InterceptedCall[] = [];
  readonly #scripts: RecordedScript[] = [];
  readonly #skipped: string[] = [];
  #tree: Tree;
  /** What the checkout holds. */
  #checkedOut: TreeChecksums | undefined;
  #stage = 0;

  private constructor(options: AssemblyOptions, tree: Tree) {
    this.#options = options;
    this.#repo = options.repo;
    this.#runner = options.runner ?? hostRunner;
    this.#tree = tree;
    this.#owners = new FileOwners(options.repo);
  }

  /** Begin a system that has no packages yet. */
  static fresh(options: AssemblyOptions): Assembly {
    const assembly = new Assembly(options, Tree.empty(options.repo));
    assembly.write((txn) => {
      for (const [path, mode] of ROOT_DIRECTORIES) {
        if (path !== "sysroot") assembly.tree.mkdir(path, { uid: 0, gid: 0, mode });
      }
      for (const [path, target] of USR_MERGE_LINKS) {
        assembly.tree.mkdir(target);
        assembly.tree.putLink(txn, path, target);
      }
      assembly.#database.init(txn);
    });
    return assembly;
  }

  /** The tree as it stands. */
  get tree(): Tree {
    return this.#tree;
  }

  /** dpkg's database in the tree. */
  get #database(): DpkgDatabase {
    return new DpkgDatabase(this.#repo, this.tree);
  }

  /** Calls of programs that scripts made and that were intercepted. */
  get calls(): readonly InterceptedCall[] {
    return this.#calls;
  }

  /** What each maintainer script did. */
  get scripts(): readonly RecordedScript[] {
    return this.#scripts;
  }

  /** Devices, FIFOs and sockets that packages ship or scripts made, and that no tree can hold. */
  get skipped(): readonly string[] {
    return this.#skipped;
  }

  /** Change the tree, and publish the objects. */
  write<T>(change: (txn: Transaction) => T): T {
    using txn = this.#repo.transaction();
    const result = change(txn);
    txn.commit({ sync: false }); // the commit of the finished system waits for the disk
    return result;
  }

  /**
   * Lay packages out, run their scripts and configure them.
   *
   * @param packages In apt's order of unpacking.
   * @param layers Names that each layer of the treefile asks for, in the order they stand on each
   * other.
   * @param options.recommends Whether recommended packages came with them. @default {false}
   * @throws {ConflictError} {@linkcode ScriptError} {@linkcode AssembleError} Nothing outside the
   * directory has changed then.
   */
  async addAll(
    packages: readonly PackageCommit[],
    layers: readonly (readonly string[])[],
    options: { readonly recommends?: boolean } = {},
  ): Promise<void> {
    const { filter = KEEP_ALL, progress, sourceDateEpoch } = this.#options;
    const waves = planWaves(packages, { fresh: true, layers, ...options });
    const cache = new StageCache(this.#repo, `${filter.name}\0${sourceDateEpoch}`);
    const keys = cache.keys(waves);
    const known = keys.findLastIndex((key) => cache.find(key));
    if (known >= 0) {
      const standing = waves.slice(0, known + 1).flat();
      this.#resume(cache.find(keys[known]!)!);
      const text = `${standing.length} packages stand as an earlier compose left them`;
      progress?.({ type: "message", level: "info", text });
    }
    for (const [number, wave] of waves.entries()) {
      if (number <= known) continue;
      this.#options.signal?.throwIfAborted();
      // Nothing can run in an empty tree: its first packages are laid out before their preinsts.
      if (number === 0) this.#unpack(sortFirst(wave), { fresh: true });
      await this.#runPreinsts(wave);
      if (number > 0) this.#unpack(wave);
      await this.#configure(wave);
      this.#checkFinished();
      this.write((txn) =>
        cache.store(txn, keys[number]!, {
          root: this.tree.write(txn),
          skipped: this.#skipped,
          scripts: this.#scripts,
        })
      );
    }
  }

  #resume(stage: Stage): void {
    this.#tree = Tree.fromChecksums(this.#repo, stage.root);
    this.#skipped.push(...stage.skipped);
    this.#scripts.push(...stage.scripts);
    this.#owners = new FileOwners(this.#repo, this.#database);
  }

  #checkFinished(): void {
    const unfinished = this.#database.unfinished();
    if (unfinished.length === 0) return;
    throw new AssembleError(
      "assemble/not-configured",
      `Cannot finish the system: ${unfinished.join(", ")}`,
      {
        subject: unfinished[0]!,
        hint: "dpkg left these packages unfinished without an error: report this",
      },
    );
  }

  /** A sandbox over the tree as it stands now. Its changes count once {@linkcode keep} is called. */
  async sandbox(): Promise<Sandbox & { keep(): Promise<void> }> {
    const lower = await this.#checkout();
    const directory = `${this.#options.directory}/stage-${this.#stage++}`;
    const overlay = {
      lower,
      upper: `${directory}/upper`,
      work: `${directory}/work`,
      merged: `${directory}/merged`,
    };
    const { sourceDateEpoch } = this.#options;
    const installed = this.#database.versions();
    const sandbox = new Sandbox({ directory, overlay, sourceDateEpoch, runner: this.#runner });
    return Object.assign(sandbox, {
      keep: async () => {
        this.#calls.push(...sandbox.calls());
        this.#scripts.push(...recordScripts(sandbox.scripts(), installed));
        removeTree(`${overlay.upper}/${PREINST_PLACE}`);
        const changes = sandbox.changes();
        using txn = this.#repo.transaction();
        const { skipped } = await applyOverlay(txn, this.tree, overlay.upper, changes);
        txn.commit({ sync: false });
        this.#skipped.push(...skipped);
        removeTree(directory);
      },
    });
  }

  /** Bring the checkout to the tree's state. @returns Its directory. */
  async #checkout(): Promise<string> {
    const dest = `${this.#options.directory}/lower`;
    const next = this.write((txn) => this.tree.write(txn));
    const { signal } = this.#options;
    const options = { how: "link", ...(signal ? { signal } : {}) } as const;
    if (this.#checkedOut) await syncCheckout(this.#repo, dest, this.#checkedOut, next, options);
    else await checkoutTree(this.#repo, next, dest, options);
    this.#checkedOut = next;
    return dest;
  }

  #unpack(wave: readonly PackageCommit[], options: { readonly fresh?: boolean } = {}): void {
    const { progress } = this.#options;
    const start = performance.now();
    const phase = "merge";
    progress?.({
      type: "phase-start",
      phase,
      title: `Laying out ${wave.length} packages`,
      total: wave.length,
    });
    this.write((txn) => {
      const { tree } = this;
      const database = this.#database;
      const context = {
        repo: this.#repo,
        txn,
        tree,
        filter: this.#options.filter ?? KEEP_ALL,
        diversions: database.diversions(),
        statOverrides: database.statOverrides(),
        accounts: this.#accounts(),
        owners: this.#owners,
      };
      const byDpkg = configuredByDpkg(wave);
      const unpacked = wave.map((pkg): UnpackedPackage => {
        // In a fresh tree conffiles are in their place from the start: dpkg itself reads some.
        const unpackOnly = byDpkg.has(pkg) && !options.fresh;
        const merged = mergePackage(context, pkg, { unpackOnly });
        this.#skipped.push(...pkg.skipped);
        return { merged, state: byDpkg.has(pkg) ? "unpacked" : "installed" };
      });
      for (const name of MULTILIB) {
        if (tree.isDir(`usr/${name}`) && !tree.lookup(name)) tree.putLink(txn, name, `usr/${name}`);
      }
      database.unpack(txn, unpacked, this.#fileTriggers(wave));
      for (const [name, names] of this.#owners.lost) database.disown(txn, name, names);
    });
    progress?.({ type: "phase-end", phase, done: wave.length, ms: performance.now() - start });
  }

  /** File triggers, of packages laid out before, that the files of these packages set off. */
  #fileTriggers(wave: readonly PackageCommit[]): string[] {
    const paths = new Set(this.#database.triggers().file.map((line) => line.replace(/ .*/, "")));
    return [...paths].filter((path) => {
      const real = this.tree.real(path, { last: false });
      return wave.some((pkg) =>
        Tree.fromChecksums(this.#repo, pkg.data).lookup(real) !== undefined
      );
    });
  }

  async #runPreinsts(wave: readonly PackageCommit[]): Promise<void> {
    const packages = sortFirst(wave).filter((pkg) => pkg.scripts.includes("preinst"));
    if (packages.length === 0) return;
    const place = `${this.#options.directory}/preinst-${this.#stage}`;
    const sandbox = await this.sandbox();
    for (const pkg of packages) {
      const { name, version, architecture } = pkg.id;
      const script = { package: name, version, architecture, script: "preinst", args: ["install"] };
      await runMaintainerScript(
        sandbox,
        script as MaintainerScript,
        "/var/lib/dpkg/tmp.ci/preinst",
        { shadow: this.#layControlFiles(pkg, `${place}-${name}`), ...this.#output() },
      );
    }
    await sandbox.keep();
  }

  /**
   * Lay out what a package says beside its files, as dpkg does before a preinst runs: programs that the
   * script calls look there for the package's name and for its questions.
   *
   * @returns The directory, for a sandbox to have above the tree.
   */
  #layControlFiles(pkg: PackageCommit, directory: string): string {
    const layer = new ShadowLayer(directory, `${this.#options.directory}/lower`);
    const put = (member: string, bytes: Uint8Array) => {
      const mode = SCRIPT_MEMBERS.has(member) ? 0o755 : 0o644;
      layer.put(`${PREINST_PLACE}/${member}`, bytes, { mode, uid: 0, gid: 0 });
    };
    put("control", new TextEncoder().encode(`${formatStanza(pkg.control)}\n`));
    for (const [name, checksum] of pkg.info) {
      put(name.slice(pkg.databaseName.length + 1), this.#repo.readFile(checksum));
    }
    layer.finish();
    return directory;
  }

  async #configure(wave: readonly PackageCommit[]): Promise<void> {
    if (!wave.some(needsDpkg) && !this.#hasTriggers()) return;
    const { progress } = this.#options;
    if (!this.tree.lookup("usr/bin/dpkg")) {
      throw new AssembleError(
        "assemble/no-dpkg",
        "Cannot configure packages: the tree has no dpkg",
        {
          subject: "dpkg",
          hint: "Add the package dpkg; every Debian system has it",
        },
      );
    }
    const start = performance.now();
    const phase = "configure";
    const total = wave.filter(needsDpkg).length;
    progress?.({ type: "phase-start", phase, title: `Configuring ${total} packages`, total });
    let done = 0;
    const sandbox = await this.sandbox();
    await runDpkgConfigure(sandbox, {
      ...this.#output((line) => {
        const item = /^Setting up (\S+)/.exec(line)?.[1];
        if (item) progress?.({ type: "phase-progress", phase, done: done++, item });
      }),
    });
    await sandbox.keep();
    progress?.({ type: "phase-end", phase, done: total, ms: performance.now() - start });
  }

  #hasTriggers(): boolean {
    return this.tree.lookup("usr/lib/sysimage/dpkg/triggers/Unincorp") !== undefined;
  }

  #accounts(): AccountIds {
    const text = (path: string) => readTreeText(this.#repo, this.tree, path) ?? "";
    return {
      users: new Map(parsePasswd(text("etc/passwd")).map((user) => [user.name, user.uid])),
      groups: new Map(parseGroup(text("etc/group")).map((group) => [group.name, group.gid])),
    };
  }

  #output(
    onLine?: (line: string) => void,
  ): { signal?: AbortSignal; onOutput?: (text: string) => void } {
    let rest = "";
    return {
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
      onOutput: (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) onLine?.(line);
      },
    };
  }
}

/** Directories of the merged /usr that only some architectures have. */
const MULTILIB = ["lib64", "lib32", "libx32", "libo32"];

/** Whether configuring the package runs something. */
function needsDpkg(pkg: PackageCommit): boolean {
  return pkg.scripts.includes("postinst");
}

/** base-passwd makes the accounts, base-files the directories that all others rely on. */
function sortFirst(wave: readonly PackageCommit[]): PackageCommit[] {
  const rank = (pkg: PackageCommit) => {
    const at = ["base-passwd", "base-files"].indexOf(pkg.id.name);
    return at < 0 ? 2 : at;
  };
  return wave.toSorted((a, b) => rank(a) - rank(b));
}
