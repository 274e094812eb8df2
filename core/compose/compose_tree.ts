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
  Tree,
  type TreeChecksums,
} from "@apt-ostree/ostree";
import { requireRoot } from "@apt-ostree/sandbox";
import { Assembly } from "../assemble/assemble_system.ts";
import { changeIds, committedAccounts, planIds } from "../assemble/keep_ids.ts";
import { KEEP_ALL, type PathFilter, WITHOUT_DOCUMENTATION } from "../assemble/path_filter.ts";
import { writeTreeText } from "../assemble/tree_text.ts";
import { writeCommitScripts } from "../audit/commit_scripts.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { ComposeError } from "../error.ts";
import { findPackage, importPackages } from "../import/import_packages.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { dpkgArchitecture, hostBasearch } from "../treefile/architecture.ts";
import { nextVersion } from "../treefile/next_version.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile, type Treefile } from "../treefile/treefile.ts";
import type { CheckReport } from "../checks/run_checks.ts";
import { checkComposed } from "./check_composed.ts";
import { writeSboms } from "../sbom/write_sbom.ts";
import { checkSpace } from "./check_space.ts";
import { commitMetadata, INPUT_HASH_KEY, readPackageList } from "./commit_metadata.ts";
import { ComposeArea } from "./compose_area.ts";
import { checkLocked, lockRequest, readLockfiles } from "./apply_lock.ts";
import { formatLockfile } from "./lockfile.ts";
import { pickDefined } from "./pick_defined.ts";
import { readSources } from "./read_sources.ts";
import { readAccounts } from "./postprocess/accounts.ts";
import { writeAutoInstalled } from "./postprocess/auto_installed.ts";
import { forgetMissingFiles, layOutDeployment } from "./postprocess/deployment_layout.ts";
import { buildInitramfs, prepareInitramfs } from "./postprocess/initramfs.ts";
import { findInitramfs, keepInitramfs } from "./postprocess/initramfs_cache.ts";
import { initramfsInputs } from "./postprocess/initramfs_inputs.ts";
import { kernelRelease, moveKernel } from "./postprocess/kernel.ts";
import { enableUnits, runTreefileScripts } from "./postprocess/run_treefile_scripts.ts";

/** What {@linkcode composeTree} is asked for. */
export interface ComposeTreeOptions {
  /** Path of the treefile. */
  readonly treefile: string;
  /** Repository that takes the commit; needed unless only the treefile is printed. */
  readonly repo?: string;
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
  if (options.printOnly) return { kind: "printed", text: formatTreefile(read.treefile, basearch) };
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
  const sources = readSources(read);
  using area = await ComposeArea.open({
    target,
    ...(options.cachedir === undefined ? {} : { cachedir: options.cachedir }),
    ...pickDefined(options, "noWait", "progress", "signal"),
  });
  return await new Compose(options, read, basearch, target, area, sources).run();
}

class Compose {
  readonly #options: ComposeTreeOptions;
  readonly #treefile: Treefile;
  readonly #read: ReadTreefile;
  readonly #basearch: string;
  readonly #target: Repo;
  readonly #area: ComposeArea;
  readonly #sources: readonly SourcesFile[];

  constructor(
    options: ComposeTreeOptions,
    read: ReadTreefile,
    basearch: string,
    target: Repo,
    area: ComposeArea,
    sources: readonly SourcesFile[],
  ) {
    this.#options = options;
    this.#read = read;
    this.#treefile = read.treefile;
    this.#basearch = basearch;
    this.#target = target;
    this.#area = area;
    this.#sources = sources;
  }

  async run(): Promise<ComposeTreeResult> {
    const { options, treefile } = { options: this.#options, treefile: this.#treefile };
    const apt = await AptRoot.create({
      dir: `${this.#area.cachedir}/apt`,
      architecture: dpkgArchitecture(this.#basearch),
      sources: this.#sources,
      hostDates: this.#treefile.repos === undefined,
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
    const assembled = await this.#assemble(packages, plan, epoch, parent);
    const checks = checkComposed({
      work: this.#area.work,
      tree: assembled.tree,
      packages,
      treefile,
      filter: this.#filter,
      cachedir: this.#area.cachedir,
      target: this.#target,
      ...pickDefined(options, "progress"),
    });
    await ahead?.publish();
    const result = await this.#commit(assembled, packages, inputHash, repositories, epoch, parent);
    return {
      kind: "committed",
      ...result,
      inputHash,
      packages: packages.length,
      imported,
      difference: this.#difference(parent, packages),
      droppedFiles: assembled.dropped,
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
    const { lockfiles = [], lockfileStrict = false } = this.#options;
    const locked = readLockfiles(lockfiles);
    const plan = await apt.plan({
      install: this.#treefile.packages,
      exclude: this.#treefile.excludePackages,
      recommends: this.#treefile.recommends,
      ...lockRequest(locked, lockfileStrict),
    }, call);
    checkLocked(plan, locked, dpkgArchitecture(this.#basearch));
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
    return this.#treefile.documentation ? KEEP_ALL : WITHOUT_DOCUMENTATION;
  }

  async #assemble(
    packages: readonly PackageCommit[],
    plan: Plan,
    epoch: number,
    parent: string | undefined,
  ) {
    const { treefile, options, area } = {
      treefile: this.#treefile,
      options: this.#options,
      area: this.#area,
    };
    const { work, directory } = area;
    const signal = pickDefined(options, "signal");
    const assembly = Assembly.fresh({
      repo: work,
      directory: directory.path,
      sourceDateEpoch: epoch,
      filter: this.#filter,
      ...pickDefined(options, "runner", "signal", "progress"),
    });
    await assembly.addAll(packages, treefile.packageLayers, { recommends: treefile.recommends });
    const { tree } = assembly;
    assembly.write((txn) =>
      writeAutoInstalled(txn, tree, plan.packages, dpkgArchitecture(this.#basearch))
    );
    if (treefile.units.length > 0 || treefile.defaultTarget !== undefined) {
      const sandbox = await assembly.sandbox();
      await enableUnits(sandbox, treefile.units, treefile.defaultTarget, signal);
      await sandbox.keep();
    }
    if (treefile.postprocess.length > 0) {
      const sandbox = await assembly.sandbox();
      await runTreefileScripts(sandbox, treefile.postprocess, signal);
      await sandbox.keep();
    }
    if (parent !== undefined) {
      const before = committedAccounts(this.#target, Tree.fromCommit(this.#target, parent));
      const changes = planIds(readAccounts(work, tree), before);
      assembly.write((txn) => changeIds(work, txn, tree, changes));
    }
    if (assembly.skipped.length > 0) {
      const text = `Left out, since no commit can hold them: ${assembly.skipped.join(", ")}`;
      options.progress?.({ type: "message", level: "warning", text });
    }
    const release = kernelRelease(tree);
    const initramfs = release === undefined ? undefined : await this.#initramfs(assembly, release);
    const { dropped } = assembly.write((txn) => {
      if (release !== undefined && initramfs !== undefined) {
        moveKernel(tree, release);
        tree.putFile(`usr/lib/modules/${release}/initramfs.img`, initramfs);
      }
      const json = formatTreefile(treefile, this.#basearch);
      writeTreeText(txn, tree, "usr/share/apt-ostree/treefile.json", json);
      return layOutDeployment(work, txn, tree);
    });
    assembly.write((txn) => forgetMissingFiles(work, txn, tree));
    const { scripts } = assembly;
    return { root: assembly.write((txn) => tree.write(txn)), tree, release, dropped, scripts };
  }

  /** Build the initramfs, or take the one that was built from the same. @returns Its object. */
  async #initramfs(assembly: Assembly, release: string): Promise<string> {
    const { work, directory } = this.#area;
    const { tree } = assembly;
    assembly.write((txn) => {
      prepareInitramfs(txn, tree);
      tree.write(txn);
    });
    const inputs = initramfsInputs(work, tree);
    const known = this.#options.forceNocache ? undefined : findInitramfs(work, inputs);
    if (known !== undefined) return known;
    const call = pickDefined(this.#options, "signal", "progress");
    const place = directory.join("initramfs");
    const built = await buildInitramfs(await assembly.sandbox(), release, place, call);
    Deno.chmodSync(built, 0o644);
    return assembly.write((txn) => {
      const checksum = txn.importFile(built);
      keepInitramfs(work, txn, inputs, checksum);
      return checksum;
    });
  }

  async #commit(
    assembled: {
      readonly root: TreeChecksums;
      readonly release: string | undefined;
      readonly scripts: readonly RecordedScript[];
    },
    packages: readonly PackageCommit[],
    inputHash: string,
    repositories: readonly Repository[],
    epoch: number,
    parent: string | undefined,
  ): Promise<Pick<Committed, "commit" | "ref" | "version" | "sboms">> {
    const { treefile, options } = { treefile: this.#treefile, options: this.#options };
    const { progress } = options;
    const start = performance.now();
    const phase = "commit";
    progress?.({ type: "phase-start", phase, title: "Writing the commit" });
    const version = this.#version(parent, epoch);
    const metadata = commitMetadata({
      treefile,
      basearch: this.#basearch,
      added: options.addMetadata ?? {},
      packages: packages.map(({ id, sha256 }) => ({ ...id, sha256 })),
      release: assembled.release,
      inputHash,
      repositories,
      version,
    });
    const commit: Commit = {
      root: assembled.root,
      ...(parent === undefined ? {} : { parent }),
      timestamp: epoch,
      metadata,
    };
    const { work } = this.#area;
    const checksum = (() => {
      using txn = work.transaction();
      const written = txn.writeCommit(commit);
      if (treefile.ref !== undefined) txn.setRef(treefile.ref, written);
      txn.commit({ sync: true }); // one wait for everything since the import began
      return written;
    })();
    this.#area.endUnsynced();
    const sboms = treefile.sbom.length === 0
      ? []
      : await writeSboms(work, this.#target, checksum, treefile.sbom);
    const ref = options.writeCommitidTo === undefined ? treefile.ref : undefined;
    const refs = new Map(ref === undefined ? [] : [[ref, checksum]]);
    this.#writeScripts(checksum, assembled.scripts);
    const { files } = await pullLocal(work, this.#target, [checksum], {
      refs,
      ...pickDefined(options, "signal"),
    });
    if (options.writeCommitidTo !== undefined) {
      Deno.writeTextFileSync(options.writeCommitidTo, checksum);
    }
    const ms = performance.now() - start;
    progress?.({ type: "phase-end", phase, done: files, ms, summary: `${files} new files` });
    return { commit: checksum, ref, version, sboms };
  }

  /** Before the commit is there: a ref never names one that lacks its record. */
  #writeScripts(commit: string, scripts: readonly RecordedScript[]): void {
    using txn = this.#target.transaction();
    writeCommitScripts(this.#target, txn, commit, scripts);
    txn.commit();
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
    return hash.digest("hex");
  }
}
