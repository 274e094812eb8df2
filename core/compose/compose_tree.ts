import { createHash } from "node:crypto";
import {
  AptRoot,
  type Plan,
  type PlannedPackage,
  type Repository,
  type SourcesFile,
} from "@apt-ostree/apt";
import type { Progress, Runner } from "@apt-ostree/base";
import {
  type Commit,
  ContentPull,
  pullLocal,
  Repo,
  signCommit,
  Tree,
  variant,
} from "@apt-ostree/ostree";
import { requireRoot } from "@apt-ostree/sandbox";
import { Assembly } from "../assemble/assemble_system.ts";
import { SCRIPTS_KEY } from "../audit/commit_scripts.ts";
import { encodeScripts } from "../audit/encode_scripts.ts";
import type { PathFilter } from "../assemble/path_filter.ts";
import { ComposeError } from "../error.ts";
import { findPackage, importPackages } from "../import/import_packages.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { readAdvisories } from "../packages/read_advisories.ts";
import { dpkgArchitecture, hostBasearch } from "../treefile/architecture.ts";
import { nextVersion } from "../treefile/next_version.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile, type Treefile } from "../treefile/treefile.ts";
import type { CheckReport } from "../checks/run_checks.ts";
import { checkComposed } from "./check_composed.ts";
import { writeSboms } from "../sbom/write_sbom.ts";
import { checkLocked, lockRequest, readLockfiles } from "./apply_lock.ts";
import { checkSpace } from "./check_space.ts";
import { commitMetadata, INPUT_HASH_KEY, readPackageList } from "./commit_metadata.ts";
import { ComposeArea } from "./compose_area.ts";
import { type FinishedTree, finishTree } from "./finish_tree.ts";
import { formatLockfile } from "./lockfile.ts";
import { pickDefined } from "./pick_defined.ts";
import { pinRepoPackages, unlockedVersions } from "./pin_sources.ts";
import { type OstreeLayers, resolveLayers } from "./postprocess/add_layers.ts";
import type { LockedPackage } from "./read_lockfile.ts";
import { openSigner } from "./open_signer.ts";
import { treeFilter } from "./tree_filter.ts";
import { variantPackages } from "./variant_packages.ts";
import { readSources } from "./read_sources.ts";

/** What {@linkcode composeTree} is asked for. */
export interface ComposeTreeOptions {
  /** Path of the treefile. */
  readonly treefile: string;
  /** Repository that takes the commit; needed unless only the treefile is printed. */
  readonly repo?: string;
  /** Root whose package sources and advisories count where the treefile names none. @default "/" */
  readonly sourceRoot?: string;
  /** Directory for downloads and imported packages. @default inside the repository */
  readonly cachedir?: string;
  /** Use no network. */
  readonly cacheOnly?: boolean;
  /** Compose even where nothing has changed. */
  readonly forceNocache?: boolean;
  /** Only print the merged treefile. */
  readonly printOnly?: boolean;
  /** Only say which packages would be in the tree. */
  readonly dryRun?: boolean;
  /** Fail where another compose is at work, instead of waiting. */
  readonly noWait?: boolean;
  /** File that gets the commit's checksum; the ref is not written then. */
  readonly writeCommitidTo?: string;
  /** Lockfiles whose versions are used. */
  readonly lockfiles?: readonly string[];
  /** Whether packages that are not locked are refused. @default {false} */
  readonly lockfileStrict?: boolean;
  /** File that gets the lock. */
  readonly writeLockfileTo?: string;
  /** Further metadata of the commit. */
  readonly addMetadata?: Readonly<Record<string, string>>;
  /** Commit to be the parent instead of the ref's last one. */
  readonly parent?: string;
  /** Write a commit without a parent. */
  readonly noParent?: boolean;
  /** Proxy for HTTP. */
  readonly proxy?: string;
  /** Seconds since 1970 for commit and scripts. @default newest date of the sources */
  readonly sourceDateEpoch?: number;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** What a compose came to. */
export type ComposeTreeResult =
  | { readonly kind: "printed"; readonly text: string }
  | { readonly kind: "dry-run"; readonly packages: readonly PlannedPackage[] }
  | { readonly kind: "unchanged"; readonly commit: string; readonly ref: string }
  | {
    readonly kind: "committed";
    readonly commit: string;
    /** `undefined` where no ref was written. */
    readonly ref: string | undefined;
    readonly version: string | undefined;
    readonly inputHash: string;
    /** Packages of the tree. */
    readonly packages: number;
    /** Packages that had not been imported before. */
    readonly imported: number;
    /** What differs from the parent. */
    readonly difference: PackageDifference;
    /** Files below /var that were not kept: programs make them again. */
    readonly droppedFiles: readonly string[];
    /** What the checks found, none of it an error. */
    readonly checks: CheckReport;
    /** Files of the bills of materials that were written. */
    readonly sboms: readonly string[];
  };

type Committed = Extract<ComposeTreeResult, { readonly kind: "committed" }>;

/** Changes when the same inputs give another tree. */
const COMPOSE_VERSION = 2;

/**
 * Make an OSTree commit from a treefile.
 *
 * Nothing is written to the repository until the whole tree stands; a compose of unchanged inputs
 * writes nothing at all.
 *
 * The process must be root, or root of a user namespace: see {@linkcode becomeRoot}.
 *
 * @throws {TreefileError} {@linkcode AptError} {@linkcode ScriptError} {@linkcode ConflictError}
 * {@linkcode ComposeError} {@linkcode RepoError} {@linkcode SandboxError}
 */
export async function composeTree(options: ComposeTreeOptions): Promise<ComposeTreeResult> {
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  if (options.printOnly) {
    return { kind: "printed", text: formatTreefile(read.treefile, basearch, read.directory) };
  }
  const ref = read.treefile.ref;
  if (options.repo === undefined) {
    throw new ComposeError("compose/no-repo", "Cannot compose: no repository is named", {
      hint: "Name one with --repo=REPO; make one with: ostree --repo=REPO init --mode=archive",
    });
  }
  if (ref === undefined && options.writeCommitidTo === undefined) {
    throw new ComposeError(
      "compose/no-ref",
      `Cannot compose "${options.treefile}": it names no ref`,
      {
        subject: options.treefile,
        hint: "Add ref: to it, or use --write-commitid-to=FILE",
      },
    );
  }
  requireRoot();
  const target = Repo.open(options.repo);
  using area = await ComposeArea.open({
    target,
    ...(options.cachedir === undefined ? {} : { cachedir: options.cachedir }),
    ...pickDefined(options, "noWait", "progress", "signal"),
  });
  return await new Compose(options, read, basearch, target, area).run();
}

class Compose {
  readonly #options: ComposeTreeOptions;
  readonly #treefile: Treefile;
  readonly #read: ReadTreefile;
  readonly #basearch: string;
  readonly #target: Repo;
  readonly #area: ComposeArea;
  readonly #sources: readonly SourcesFile[];
  readonly #locked: ReadonlyMap<string, LockedPackage>;
  readonly #layers: OstreeLayers;
  /** Packages of the treefile's variant. */
  #base: readonly string[] = [];

  constructor(
    options: ComposeTreeOptions,
    read: ReadTreefile,
    basearch: string,
    target: Repo,
    area: ComposeArea,
  ) {
    this.#options = options;
    this.#read = read;
    this.#treefile = read.treefile;
    this.#basearch = basearch;
    this.#target = target;
    this.#area = area;
    this.#locked = readLockfiles(options.lockfiles ?? []);
    const { treefile } = read;
    this.#sources = readSources(read, {
      more: this.#usesLockfileRepos ? treefile.lockfileRepos : [],
      ...pickDefined(options, "sourceRoot"),
    });
    this.#layers = resolveLayers(target, treefile);
  }

  /** Sources for locked packages alone serve where there is a lock. */
  get #usesLockfileRepos(): boolean {
    return this.#treefile.lockfileRepos.length > 0 && this.#locked.size > 0;
  }

  async run(): Promise<ComposeTreeResult> {
    const { options, treefile } = { options: this.#options, treefile: this.#treefile };
    const apt = await AptRoot.create({
      dir: `${this.#area.cachedir}/apt`,
      architecture: dpkgArchitecture(this.#basearch),
      sources: this.#sources,
      hostDates: this.#treefile.repos === undefined,
      foreignArchitectures: this.#treefile.foreignArchitectures,
      ...(this.#treefile.aptPreferences === undefined
        ? {}
        : { preferences: this.#treefile.aptPreferences }),
      ...pickDefined(options, "runner", "proxy"),
      ...pickDefined(this.#treefile, "snapshot"),
    });
    const { plan, repositories } = await this.#resolve(apt);
    if (options.writeLockfileTo !== undefined) {
      Deno.writeTextFileSync(
        options.writeLockfileTo,
        formatLockfile(plan.packages, repositories, this.#basearch),
      );
    }
    if (options.dryRun) return { kind: "dry-run", packages: plan.packages };
    const inputHash = this.#inputHash(plan);
    const previous = treefile.ref === undefined ? undefined : this.#target.resolveRev(treefile.ref);
    if (previous !== undefined && !options.forceNocache && options.writeCommitidTo === undefined) {
      const hash = this.#target.readCommit(previous).metadata.get(INPUT_HASH_KEY)?.value;
      if (hash === inputHash) return { kind: "unchanged", commit: previous, ref: treefile.ref! };
    }
    const { packages, imported } = await this.#import(apt, plan);
    const epoch = options.sourceDateEpoch ?? Math.max(0, ...repositories.map((each) => each.date));
    const parent = this.#parent(previous);
    await using ahead = this.#pullAhead(packages);
    const version = this.#version(parent, epoch);
    const finished = await this.#assemble(packages, plan, epoch, parent, version);
    const checks = checkComposed({
      work: this.#area.work,
      tree: finished.tree,
      packages,
      treefile,
      filter: this.#filter,
      cachedir: this.#area.cachedir,
      target: this.#target,
      ...pickDefined(options, "progress"),
    });
    await ahead?.publish();
    const facts = { packages, inputHash, repositories, version };
    const result = await this.#commit(finished, facts, epoch, parent);
    return {
      kind: "committed",
      ...result,
      version,
      inputHash,
      packages: packages.length,
      imported,
      difference: this.#difference(parent, packages),
      droppedFiles: finished.dropped,
      checks,
    };
  }

  async #resolve(apt: AptRoot): Promise<{ plan: Plan; repositories: Repository[] }> {
    const { progress, signal, cacheOnly } = this.#options;
    const start = performance.now();
    const phase = "resolve";
    progress?.({ type: "phase-start", phase, title: "Resolving packages" });
    const call = pickDefined({ signal, progress }, "signal", "progress");
    const repositories = await apt.update({ ...call, cacheOnly: cacheOnly ?? false });
    const { repoPackages, lockfileRepos } = this.#treefile;
    const lock = lockRequest(this.#locked, this.#options.lockfileStrict ?? false);
    // What the lock says counts, even where the treefile wants another source.
    const pinned = lock.lockedOnly || repoPackages.length === 0
      ? lock.locked
      : new Map([...pinRepoPackages(repoPackages, apt.indexes()), ...lock.locked]);
    const { variant } = this.#treefile;
    if (variant !== "essential") {
      this.#base = variantPackages(variant, apt.indexes(), dpkgArchitecture(this.#basearch));
    }
    const plan = await apt.plan({
      install: [...new Set([...this.#base, ...this.#treefile.packages])],
      exclude: this.#treefile.excludePackages,
      recommends: this.#treefile.recommends,
      locked: pinned,
      lockedOnly: lock.lockedOnly,
      forbidden: this.#usesLockfileRepos
        ? unlockedVersions(lockfileRepos, lock.locked, apt.indexes())
        : [],
    }, call);
    checkLocked(plan, this.#locked, dpkgArchitecture(this.#basearch));
    const ms = performance.now() - start;
    progress?.({
      type: "phase-end",
      phase,
      done: plan.packages.length,
      ms,
      summary: `${plan.packages.length} packages`,
    });
    return { plan, repositories };
  }

  async #import(
    apt: AptRoot,
    plan: Plan,
  ): Promise<{ packages: PackageCommit[]; imported: number }> {
    const { work, cachedir } = this.#area;
    const missing = plan.packages.filter((each) => !findPackage(work, each, each.sha256));
    const needed = missing.reduce((sum, each) => sum + each.size + each.installedSize * 1024, 0);
    checkSpace(cachedir, needed);
    this.#area.beginUnsynced();
    const call = pickDefined(this.#options, "signal", "progress");
    const debs = apt.download(missing, `${cachedir}/debs`, {
      ...call,
      cacheOnly: this.#options.cacheOnly ?? false,
    });
    const jobs = async function* () {
      for await (const { package: { name, version, architecture, sha256 }, path } of debs) {
        yield { name, version, architecture, sha256, path };
      }
    };
    const imported = await importPackages(work, jobs(), missing.length, call);
    const packages = plan.packages.map((each) => findPackage(work, each, each.sha256)!);
    return { packages, imported };
  }

  /**
   * Begin to deflate files into an archive while scripts, which take one core, still run.
   *
   * They show in the target only with {@linkcode ContentPull.publish}.
   */
  #pullAhead(packages: readonly PackageCommit[]): ContentPull | undefined {
    const idle = navigator.hardwareConcurrency - 1;
    if (this.#target.mode !== "archive" || idle < 1) return undefined;
    const { work } = this.#area;
    const filter = this.#filter;
    const files = new Set<string>();
    for (const pkg of packages) {
      for (const [path, entry] of Tree.fromChecksums(work, pkg.data).walk()) {
        if (entry.type === "file" && filter.keepsFile(path)) files.add(entry.checksum);
      }
    }
    return new ContentPull(work, this.#target, files, Math.min(idle, 4));
  }

  get #filter(): PathFilter {
    return treeFilter(this.#treefile);
  }

  async #assemble(
    packages: readonly PackageCommit[],
    plan: Plan,
    epoch: number,
    parent: string | undefined,
    version: string | undefined,
  ): Promise<FinishedTree> {
    const { treefile, options, area } = {
      treefile: this.#treefile,
      options: this.#options,
      area: this.#area,
    };
    const { work, directory } = area;
    const assembly = Assembly.fresh({
      repo: work,
      directory: directory.path,
      sourceDateEpoch: epoch,
      filter: this.#filter,
      architectures: [dpkgArchitecture(this.#basearch), ...treefile.foreignArchitectures],
      debconf: treefile.debconf,
      ...pickDefined(options, "runner", "signal", "progress"),
    });
    await assembly.addAll(packages, [this.#base, ...treefile.packageLayers], {
      recommends: treefile.recommends,
    });
    return await finishTree({
      assembly,
      repo: work,
      target: this.#target,
      read: this.#read,
      basearch: this.#basearch,
      plan,
      layers: this.#layers,
      parent,
      version,
      directory: directory.join("initramfs"),
      freshInitramfs: options.forceNocache ?? false,
      ...pickDefined(options, "signal", "progress"),
    });
  }

  async #commit(
    { root, release, scripts }: FinishedTree,
    facts: {
      readonly packages: readonly PackageCommit[];
      readonly inputHash: string;
      readonly repositories: readonly Repository[];
      readonly version: string | undefined;
    },
    epoch: number,
    parent: string | undefined,
  ): Promise<Pick<Committed, "commit" | "ref" | "sboms">> {
    const { treefile, options } = { treefile: this.#treefile, options: this.#options };
    const { progress } = options;
    const start = performance.now();
    const phase = "commit";
    progress?.({ type: "phase-start", phase, title: "Writing the commit" });
    const { work } = this.#area;
    const { inline, detached } = commitMetadata({
      ...facts,
      treefile,
      basearch: this.#basearch,
      added: options.addMetadata ?? {},
      packages: facts.packages.map(({ id, sha256 }) => ({ ...id, sha256 })),
      release,
      advisories: treefile.advisoriesMetadata === "disabled"
        ? []
        : readAdvisories(work, options.sourceRoot ?? "/", {
          after: Tree.fromChecksums(work, root),
        }),
    });
    const commit: Commit = {
      root,
      ...(parent === undefined ? {} : { parent }),
      timestamp: epoch,
      metadata: inline,
    };
    const checksum = (() => {
      using txn = work.transaction();
      const written = txn.writeCommit(commit);
      const record = [SCRIPTS_KEY, variant("ay", encodeScripts(scripts))] as const;
      txn.setDetachedMetadata(written, new Map([...detached, record]));
      if (treefile.ref !== undefined) txn.setRef(treefile.ref, written);
      txn.commit({ sync: true }); // one wait for everything since the import began
      return written;
    })();
    this.#area.endUnsynced();
    for (const key of treefile.sign) await signCommit(work, checksum, openSigner(key));
    const sboms = treefile.sbom.length === 0
      ? []
      : await writeSboms(work, this.#target, checksum, treefile.sbom);
    const ref = options.writeCommitidTo === undefined ? treefile.ref : undefined;
    const refs = new Map(ref === undefined ? [] : [[ref, checksum]]);
    const { files } = await pullLocal(work, this.#target, [checksum], {
      refs,
      ...pickDefined(options, "signal"),
    });
    if (options.writeCommitidTo !== undefined) {
      Deno.writeTextFileSync(options.writeCommitidTo, checksum);
    }
    const ms = performance.now() - start;
    progress?.({ type: "phase-end", phase, done: files, ms, summary: `${files} new files` });
    return { commit: checksum, ref, sboms };
  }

  #version(parent: string | undefined, epoch: number): string | undefined {
    const given = this.#options.addMetadata?.["version"];
    if (given !== undefined) return given;
    const { automaticVersionPrefix: prefix, automaticVersionSuffix: suffix } = this.#treefile;
    if (prefix === undefined) return undefined;
    const previous = parent === undefined
      ? undefined
      : this.#target.readCommit(parent).metadata.get("version")?.value as string | undefined;
    return nextVersion(prefix, suffix, previous, new Date(epoch * 1000));
  }

  #parent(previous: string | undefined): string | undefined {
    if (this.#options.noParent) return undefined;
    const { parent } = this.#options;
    return parent === undefined ? previous : this.#target.requireRev(parent);
  }

  #difference(parent: string | undefined, packages: readonly PackageCommit[]): PackageDifference {
    const before = parent === undefined
      ? []
      : readPackageList(this.#target.readCommit(parent).metadata) ?? [];
    return diffPackages(before, packages.map((each) => each.id));
  }

  /** Digest over all that decides about the tree: the treefile's meaning and every package's bytes. */
  #inputHash(plan: Plan): string {
    const hash = createHash("sha256").update(
      `${COMPOSE_VERSION}\0${this.#basearch}\0${this.#read.digest}`,
    );
    for (const { name, version, architecture, sha256 } of plan.packages) {
      hash.update(`\0${name}\0${version}\0${architecture}\0${sha256}`);
    }
    hash.update(JSON.stringify(this.#layers));
    return hash.digest("hex");
  }
}
