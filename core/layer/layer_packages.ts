import {
  AptRoot,
  type PlannedPackage,
  type PreferencesFile,
  type SourcesFile,
} from "@apt-ostree/apt";
import type { Progress, Runner } from "@apt-ostree/base";
import { type Commit, Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { type InterceptedCall, requireRoot } from "@apt-ostree/sandbox";
import { writeCommitScripts } from "../audit/commit_scripts.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { committedAccounts } from "../assemble/keep_ids.ts";
import { checkSpace } from "../compose/check_space.ts";
import { readCommittedTreefile } from "../compose/committed_treefile.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { findPackage, importPackages } from "../import/import_packages.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { dpkgArchitecture, hostBasearch } from "../treefile/architecture.ts";
import { applyLayering, readBasePackages } from "./apply_layering.ts";
import { LayerArea } from "./layer_area.ts";
import type { LayerChange } from "./layer_change.ts";
import { layerMetadata, STATE_DIGEST_KEY, stateDigest } from "./layer_metadata.ts";
import { type LayeringPlan, planLayering } from "./plan_layering.ts";

/** What {@linkcode layerPackages} is asked for. */
export interface LayerPackagesOptions {
  /** Path of the repository that has the base and takes the result. */
  readonly repo: string;
  /** Ref or commit of the base, in the form that libostree deploys. */
  readonly base: string;
  /** What changes. */
  readonly change: LayerChange;
  /** Where packages come from; paths of keys in them are absolute. */
  readonly sources: readonly SourcesFile[];
  /** apt's preferences, as the text of one file or as several, the one that counts most first. */
  readonly preferences?: string | readonly PreferencesFile[];
  /** Directory of the isolated apt. @default inside the repository */
  readonly aptDirectory?: string;
  /** Directory for everything that is kept; for archives alone. @default inside the repository */
  readonly cachedir?: string;
  /** Use no network. */
  readonly cacheOnly?: boolean;
  /** Ref that will name the result. @default none */
  readonly ref?: string;
  /** Commit of an earlier layering: accounts keep its numbers, and equal inputs give it again. */
  readonly previous?: string;
  /** Write nothing to the repository; {@linkcode LayerPackagesOptions.inspect} shows what came out. */
  readonly dryRun?: boolean;
  /** Told the finished tree and its base while both can be read. */
  readonly inspect?: (layered: LayeredTree) => void | Promise<void>;
  /** Fail where another one works in the repository, instead of waiting. */
  readonly noWait?: boolean;
  /** Proxy for HTTP. */
  readonly proxy?: string;
  /** Seconds since 1970 for commit and scripts. @default newest date of base and sources */
  readonly sourceDateEpoch?: number;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A finished tree and what it came from. */
export interface LayeredTree {
  /** Repository that has both, until the call ends. */
  readonly work: Repo;
  /** Tree of the base. */
  readonly base: TreeChecksums;
  /** The changed tree. */
  readonly root: TreeChecksums;
  /** What was decided. */
  readonly plan: LayeringPlan;
}

/** What a layering came to. */
export type LayerResult =
  /** The base, or the earlier commit, is what was asked for. */
  | {
    readonly kind: "unchanged";
    readonly commit: string;
    /** Commit of the base. */
    readonly base: string;
    /** What was decided. */
    readonly plan: LayeringPlan;
  }
  | {
    readonly kind: "layered";
    /** The commit; `undefined` in a dry run. */
    readonly commit: string | undefined;
    /** Commit of the base. */
    readonly base: string;
    /** What was decided. */
    readonly plan: LayeringPlan;
    /** What differs from the base. */
    readonly difference: PackageDifference;
    /** Packages that had not been imported before. */
    readonly imported: number;
    /** Calls of programs that scripts made and that were intercepted. */
    readonly calls: readonly InterceptedCall[];
    /** What each maintainer script did; the commit keeps it. */
    readonly scripts: readonly RecordedScript[];
    /** Devices, FIFOs and sockets, which no tree can hold. */
    readonly skipped: readonly string[];
    /** Files below /var that were not kept: programs make them again. */
    readonly droppedFiles: readonly string[];
  };

/**
 * Change the packages of a base, into a commit whose parent it is.
 *
 * The cost follows the change: nothing of the base that stays is read, and where no script has to run
 * nothing is laid out. The process must be root. A failure, at any point, leaves the repository as it was. Removing a layer is no
 * operation: layer what remains onto the base again.
 *
 * @throws {LayerError} {@linkcode AptError} {@linkcode ConflictError} {@linkcode ScriptError}
 * {@linkcode ComposeError} {@linkcode RepoError}
 */
export async function layerPackages(options: LayerPackagesOptions): Promise<LayerResult> {
  requireRoot();
  const target = Repo.open(options.repo);
  const base = target.requireRev(options.base);
  using area = await LayerArea.open({
    target,
    ...pickDefined(options, "cachedir", "noWait", "progress", "signal"),
  });
  await area.bring(base);
  return await new Layering(options, area, base).run();
}

class Layering {
  readonly #options: LayerPackagesOptions;
  readonly #area: LayerArea;
  readonly #base: string;
  readonly #commit: ReturnType<Repo["readCommit"]>;
  readonly #architecture = dpkgArchitecture(hostBasearch());

  constructor(options: LayerPackagesOptions, area: LayerArea, base: string) {
    this.#options = options;
    this.#area = area;
    this.#base = base;
    this.#commit = area.work.readCommit(base);
  }

  async run(): Promise<LayerResult> {
    const { work } = this.#area;
    const { root } = this.#commit;
    const treefile = readCommittedTreefile(work, Tree.fromChecksums(work, root));
    const change = { recommends: treefile.recommends, ...this.#options.change };
    const { status, installed } = readBasePackages(work, root);
    const apt = await this.#apt(status);
    const call = pickDefined(this.#options, "signal", "progress");
    const repositories = await apt.update({
      ...call,
      cacheOnly: this.#options.cacheOnly ?? false,
    });
    const plan = await planLayering(
      { apt, installed, keepKernels: treefile.container, ...call },
      change,
    );
    const before = installed.filter((each) => each.state === "installed").map((each) => each.id);
    const digest = stateDigest(this.#base, change, plan, treefile.filter.name);
    const same = this.#unchanged(plan, digest);
    if (same !== undefined) return { kind: "unchanged", commit: same, base: this.#base, plan };
    const { packages, imported } = await this.#import(apt, plan);
    const newest = Math.max(0, ...repositories.map((each) => each.date));
    const epoch = this.#options.sourceDateEpoch ?? Math.max(this.#commit.timestamp, newest);
    const { previous } = this.#options;
    const applied = await applyLayering(
      {
        work,
        directory: this.#area.directory.path,
        base: root,
        checkouts: `${this.#area.cachedir}/bases`,
        sourceDateEpoch: epoch,
        architecture: this.#architecture,
        filter: treefile.filter,
        ...(previous === undefined
          ? {}
          : { accounts: committedAccounts(work, Tree.fromCommit(work, previous)) }),
        ...pickDefined(this.#options, "runner", "signal", "progress"),
      },
      plan,
      packages,
      change,
    );
    await this.#options.inspect?.({ work, base: root, root: applied.root, plan });
    const metadata = layerMetadata({
      base: this.#commit.metadata,
      change,
      plan,
      packages: applied.packages,
      release: applied.release,
      repositories,
      digest,
      ref: this.#options.ref,
    });
    const commit = this.#options.dryRun ? undefined : await this.#write(
      { root: applied.root, parent: this.#base, timestamp: epoch, metadata },
      applied.scripts,
    );
    const { calls, scripts, skipped, droppedFiles } = applied;
    return {
      kind: "layered",
      commit,
      base: this.#base,
      plan,
      difference: diffPackages(before, applied.packages),
      imported,
      calls,
      scripts,
      skipped,
      droppedFiles,
    };
  }

  async #apt(status: string): Promise<AptRoot> {
    const { sources, aptDirectory = `${this.#area.cachedir}/layer-apt` } = this.#options;
    return await AptRoot.create({
      dir: aptDirectory,
      architecture: this.#architecture,
      sources,
      status,
      ...pickDefined(this.#options, "preferences", "proxy", "runner"),
    });
  }

  /** The commit that is what was asked for already. */
  #unchanged(plan: LayeringPlan, digest: string): string | undefined {
    if (plan.packages.length + plan.removals.length === 0) return this.#base;
    const { previous } = this.#options;
    if (previous === undefined || this.#options.dryRun) return undefined;
    const commit = this.#area.work.requireRev(previous);
    const { metadata } = this.#area.work.readCommit(commit);
    return metadata.get(STATE_DIGEST_KEY)?.value === digest ? commit : undefined;
  }

  async #import(
    apt: AptRoot,
    plan: LayeringPlan,
  ): Promise<{ packages: PackageCommit[]; imported: number }> {
    const { work, cachedir } = this.#area;
    const missing = plan.packages.filter((each) => !findPackage(work, each, each.sha256));
    const needed = missing.reduce((sum, each) => sum + each.size + each.installedSize * 1024, 0);
    checkSpace(cachedir, needed);
    const call = pickDefined(this.#options, "signal", "progress");
    const local = missing.filter((each) => each.source === "local");
    const debs = apt.download(
      missing.filter((each) => each.source !== "local"),
      `${cachedir}/debs`,
      { ...call, cacheOnly: this.#options.cacheOnly ?? false },
    );
    const jobs = async function* () {
      for (const each of local) yield { ...idOf(each), path: each.uri.slice("file:".length) };
      for await (const { package: each, path } of debs) yield { ...idOf(each), path };
    };
    // Workers take longer to start than small packages to be imported.
    const few = missing.length <= 3 && needed < SMALL_IMPORT;
    const workers = few ? { workers: 0 } : {};
    const imported = await importPackages(work, jobs(), missing.length, { ...call, ...workers });
    const packages = plan.packages.map((each) => findPackage(work, each, each.sha256)!);
    return { packages, imported };
  }

  async #write(commit: Commit, scripts: readonly RecordedScript[]): Promise<string> {
    const { progress, signal, ref } = this.#options;
    const start = performance.now();
    const phase = "commit";
    progress?.({ type: "phase-start", phase, title: "Writing the commit" });
    const { work } = this.#area;
    using txn = work.transaction();
    const checksum = txn.writeCommit(commit);
    writeCommitScripts(work, txn, checksum, scripts);
    txn.commit({ sync: false });
    await this.#area.publish(checksum, ref, signal);
    progress?.({ type: "phase-end", phase, done: 1, ms: performance.now() - start });
    return checksum;
  }
}

/** Bytes, packed and unpacked together, that one thread imports in no time. */
const SMALL_IMPORT = 8 * 1024 * 1024;

function idOf(each: PlannedPackage) {
  const { name, version, architecture, sha256 } = each;
  return { name, version, architecture, sha256 };
}
