import { hostRunner, type Progress, type Runner } from "@apt-ostree/base";
import { applyOverlay, type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import {
  type CellLimits,
  type InterceptedCall,
  type InterceptionPolicy,
  removeTree,
  resolveInside,
  runDpkgConfigure,
  runDpkgRemove,
  Sandbox,
} from "@apt-ostree/sandbox";
import { type RecordedScript, recordScripts } from "../audit/scripts_record.ts";
import { AssembleError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import type { StatOverride } from "./diversions.ts";
import { checkDatabase } from "./check_database.ts";
import { DpkgDatabase } from "./dpkg_database.ts";
import { FileOwners } from "./file_owners.ts";
import { findReplaced } from "./installed_package.ts";
import { KEEP_ALL, type PathFilter } from "./path_filter.ts";
import { planWaves } from "./plan_waves.ts";
import { ROOT_DIRECTORIES, USR_MERGE_LINKS } from "./root_layout.ts";
import { type Stage, StageCache } from "./stage_cache.ts";
import { SyncedCheckout } from "./synced_checkout.ts";
import {
  CONTROL_PLACE,
  runUnpackScripts,
  scriptsAfter,
  scriptsBefore,
  scriptsOfDisappeared,
  type UnpackContext,
  type UnpackScript,
} from "./unpack_scripts.ts";
import { layOutWave, recordWave } from "./unpack_wave.ts";

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
  /** dpkg architectures of a fresh system, the native one first. @default only dpkg's own */
  readonly architectures?: readonly string[];
  /** Answers to debconf's questions, each as debconf-set-selections(1) has it. @default none */
  readonly debconf?: readonly string[];
  /** What scripts may take, where it differs from the sandbox's defaults. */
  readonly cellLimits?: Partial<CellLimits>;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** How the packages of a standing system change. */
export interface PackageChanges {
  /** Packages that are laid out, in apt's order of unpacking. */
  readonly packages: readonly PackageCommit[];
  /** Packages that go, as dpkg names them: `name:arch`. */
  readonly removals: readonly string[];
  /** Names that were asked for. */
  readonly requested: readonly string[];
  /** Whether recommended packages came with them. @default {false} */
  readonly recommends?: boolean;
  /** Whether the configuration of packages that go goes too. @default {false} */
  readonly purge?: boolean;
  /** Whether essential packages may go. @default {false} */
  readonly essential?: boolean;
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
  readonly #checkout: SyncedCheckout;
  #stage = 0;

  private constructor(options: AssemblyOptions, tree: Tree, checkout?: SyncedCheckout) {
    this.#options = options;
    this.#checkout = checkout ??
      new SyncedCheckout(options.repo, `${options.directory}/lower`);
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
      assembly.#database.init(txn, options.architectures);
    });
    return assembly;
  }

  /**
   * Begin with a system that stands.
   *
   * @param tree Its root file system, which changes from here on.
   * @param checkout Where it is laid out once a script has to run.
   */
  static onBase(options: AssemblyOptions, tree: Tree, checkout: SyncedCheckout): Assembly {
    const assembly = new Assembly(options, tree, checkout);
    assembly.#owners = new FileOwners(options.repo, assembly.#database);
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
    const { architectures = [], debconf = [] } = this.#options;
    const seed = JSON.stringify([filter.name, sourceDateEpoch, architectures, debconf]);
    const cache = new StageCache(this.#repo, seed);
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
      await this.#add(wave, { fresh: number === 0 });
      // Before it there is no debconf; all who ask come after.
      if (number === 0 && debconf.length > 0) await this.#answer(debconf);
      this.write((txn) =>
        cache.store(txn, keys[number]!, {
          root: this.tree.write(txn),
          skipped: this.#skipped,
          scripts: this.#scripts,
        })
      );
    }
  }

  /**
   * Change packages of a standing system: what goes goes first, then all others are laid out and
   * configured.
   *
   * @throws {ConflictError} {@linkcode ScriptError} {@linkcode AssembleError} Nothing outside the
   * directory has changed then.
   */
  async change(changes: PackageChanges): Promise<void> {
    const { packages, removals, requested, recommends = false } = changes;
    if (removals.length > 0) await this.#remove(removals, changes);
    for (const wave of planWaves(packages, { fresh: false, layers: [requested], recommends })) {
      await this.#add(wave, { fresh: false });
    }
  }

  async #add(wave: readonly PackageCommit[], options: { fresh: boolean }): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const installed = this.#database.installed();
    const replaced = new Map(wave.flatMap((pkg) => {
      const old = findReplaced(pkg, installed);
      return old ? [[pkg, old] as const] : [];
    }));
    const context = { tree: this.tree, installed, wave: sortFirst(wave), replaced };
    const before = scriptsBefore(context);
    const after = scriptsAfter(context);
    const statOverrides = this.#database.statOverrides();
    // Nothing can run in an empty tree: its first packages are laid out before their preinsts.
    if (options.fresh) await this.#unpack(sortFirst(wave), context, after, options);
    await this.#runScripts(before);
    if (!options.fresh) await this.#unpack(wave, context, after, { ...options, statOverrides });
    await this.#configure(wave);
    this.#checkFinished();
  }

  async #answer(selections: readonly string[]): Promise<void> {
    const sandbox = await this.sandbox();
    const stdin = selections.map((line) => `${line}\n`).join("");
    const { status, output } = await sandbox.run({ argv: ["debconf-set-selections"], stdin });
    if (status !== 0) {
      throw new AssembleError(
        "assemble/bad-debconf",
        `Cannot answer debconf's questions: ${output.trimEnd()}`,
        { subject: "debconf", hint: "Write lines as OWNER QUESTION TYPE VALUE" },
      );
    }
    await sandbox.keep();
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

  /**
   * A sandbox over the tree as it stands now. Its changes count once {@linkcode keep} is called.
   *
   * @param options.policies What calls of programs are answered. @default all that the sandbox knows
   */
  async sandbox(
    options: { readonly policies?: readonly InterceptionPolicy[] } = {},
  ): Promise<Sandbox & { readonly lower: string; keep(): Promise<void> }> {
    const next = this.write((txn) => this.tree.write(txn));
    const lower = await this.#checkout.show(next, this.#options.signal);
    const directory = `${this.#options.directory}/stage-${this.#stage++}`;
    const overlay = {
      lower,
      upper: `${directory}/upper`,
      work: `${directory}/work`,
      merged: `${directory}/merged`,
    };
    const { sourceDateEpoch, cellLimits = {} } = this.#options;
    const installed = this.#database.versions();
    const sandbox = new Sandbox({
      directory,
      overlay,
      sourceDateEpoch,
      limits: cellLimits,
      runner: this.#runner,
      ...options,
    });
    return Object.assign(sandbox, {
      lower,
      keep: async () => {
        this.#calls.push(...sandbox.calls());
        this.#scripts.push(...recordScripts(sandbox.scripts(), installed));
        // A script may have put a link to a directory of the host on the way there.
        if (resolveInside(overlay.upper, CONTROL_PLACE) === CONTROL_PLACE) {
          removeTree(`${overlay.upper}/${CONTROL_PLACE}`);
        }
        const changes = sandbox.changes();
        using txn = this.#repo.transaction();
        const { skipped } = await applyOverlay(txn, this.tree, overlay.upper, changes);
        txn.commit({ sync: false });
        checkDatabase(this.tree, this.#database, installed.length, sandbox.scripts());
        this.#skipped.push(...skipped);
        removeTree(directory);
      },
    });
  }

  /** @param after Scripts of older versions that run between the new files and the old. */
  async #unpack(
    wave: readonly PackageCommit[],
    standing: UnpackContext,
    after: readonly UnpackScript[],
    options: { readonly fresh: boolean; readonly statOverrides?: readonly StatOverride[] },
  ): Promise<void> {
    const { progress, filter = KEEP_ALL } = this.#options;
    const start = performance.now();
    const phase = "merge";
    const title = `Laying out ${wave.length} packages`;
    progress?.({ type: "phase-start", phase, title, total: wave.length });
    const context = () => ({ repo: this.#repo, tree: this.tree, filter, owners: this.#owners });
    const waiting = this.write((txn) => {
      const laidOut = layOutWave({ ...context(), txn }, wave, standing.replaced, options);
      const scripts = [...after, ...scriptsOfDisappeared(standing, laidOut)];
      if (scripts.length > 0) return { laidOut, scripts };
      recordWave({ ...context(), txn }, laidOut);
    });
    if (waiting) {
      await this.#runScripts(waiting.scripts);
      this.write((txn) => recordWave({ ...context(), txn }, waiting.laidOut));
    }
    for (const pkg of wave) this.#skipped.push(...pkg.skipped);
    progress?.({ type: "phase-end", phase, done: wave.length, ms: performance.now() - start });
  }

  async #runScripts(scripts: readonly UnpackScript[]): Promise<void> {
    if (scripts.length === 0) return;
    const sandbox = await this.sandbox();
    const directory = `${this.#options.directory}/control-${this.#stage}`;
    await runUnpackScripts(this.#repo, sandbox, scripts, directory, this.#output());
    await sandbox.keep();
  }

  async #remove(names: readonly string[], changes: PackageChanges): Promise<void> {
    const { progress } = this.#options;
    const start = performance.now();
    const phase = "remove";
    const total = names.length;
    progress?.({ type: "phase-start", phase, title: `Removing ${total} packages`, total });
    const sandbox = await this.sandbox();
    const { purge = false, essential = false } = changes;
    await runDpkgRemove(sandbox, names, { purge, essential, ...this.#output() });
    await runDpkgConfigure(sandbox, this.#output()); // triggers that the removal set off
    await sandbox.keep();
    progress?.({ type: "phase-end", phase, done: total, ms: performance.now() - start });
  }

  async #configure(wave: readonly PackageCommit[]): Promise<void> {
    if (!wave.some(needsDpkg) && !this.#hasTriggers()) {
      if (this.#database.noted().length > 0) this.write((txn) => this.#database.dropNoted(txn));
      return;
    }
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

  /** Whether somebody waits for what has happened. */
  #hasTriggers(): boolean {
    const { file, explicit } = this.#database.triggers();
    return this.#database.noted().some((trigger) =>
      explicit.has(trigger) || file.some((line) => line.startsWith(`${trigger} `))
    );
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
