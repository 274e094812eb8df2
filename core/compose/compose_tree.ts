import { createHash } from "node:crypto";
import { AptRoot, type Plan, type PlannedPackage, type SourcesFile } from "@apt-ostree/apt";
import type { Progress, Runner } from "@apt-ostree/base";
import { ContentPull, Repo, Tree } from "@apt-ostree/ostree";
import { type CellLimits, requireRoot } from "@apt-ostree/sandbox";
import { Assembly } from "../assemble/assemble_system.ts";
import type { PathFilter } from "../assemble/path_filter.ts";
import type { CheckReport } from "../checks/run_checks.ts";
import { ComposeError } from "../error.ts";
import { findPackage, importPackages } from "../import/import_packages.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { dpkgArchitecture, hostBasearch } from "../treefile/architecture.ts";
import { nextVersion } from "../treefile/next_version.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile, type Treefile } from "../treefile/treefile.ts";
import { readLockfiles } from "./apply_lock.ts";
import { checkComposed } from "./check_composed.ts";
import { checkSpace } from "./check_space.ts";
import { INPUT_HASH_KEY, readMetadataFiles, readPackageList } from "./commit_metadata.ts";
import { ComposeArea } from "./compose_area.ts";
import { composeJson } from "./compose_json.ts";
import { type FinishedTree, finishTree } from "./finish_tree.ts";
import { formatLockfile } from "./lockfile.ts";
import { pickDefined } from "./pick_defined.ts";
import { type OstreeLayers, resolveLayers } from "./postprocess/add_layers.ts";
import type { LockedPackage } from "./read_lockfile.ts";
import { readSources } from "./read_sources.ts";
import { resolvePackages, usesLockfileRepos } from "./resolve_packages.ts";
import { touchFile } from "./touch_file.ts";
import { treeFilter } from "./tree_filter.ts";
import { writeCommit } from "./write_commit.ts";

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
  /** Stop once the packages are here: as files, or imported as well. */
  readonly downloadOnly?: "debs" | "imported";
  /** File whose date becomes now where something has changed, or would change. */
  readonly touchIfChanged?: string;
  /** Commit that changes are looked for against. @default the ref's last one */
  readonly previousCommit?: string;
  /** Input hash that changes are looked for against. */
  readonly previousInputhash?: string;
  /** Version that the next one is counted from. @default the parent's */
  readonly previousVersion?: string;
  /** Repository of the treefile's layers. @default the one that takes the commit */
  readonly layerRepo?: string;
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
  /** File that gets facts about the commit as JSON, with rpm-ostree's names. */
  readonly writeComposejsonTo?: string;
  /** Further metadata of the commit. */
  readonly addMetadata?: Readonly<Record<string, string>>;
  /** JSON files with further metadata of the commit, each a map. */
  readonly addMetadataFrom?: readonly string[];
  /** Commit to be the parent instead of the ref's last one. */
  readonly parent?: string;
  /** Write a commit without a parent. */
  readonly noParent?: boolean;
  /** Proxy for HTTP. */
  readonly proxy?: string;
  /** Seconds since 1970 for commit and scripts. @default newest date of the sources */
  readonly sourceDateEpoch?: number;
  /** What scripts may take, where it differs from the sandbox's defaults. */
  readonly cellLimits?: Partial<CellLimits>;
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
  | {
    readonly kind: "downloaded";
    readonly packages: readonly PlannedPackage[];
    /** Directory of the .debs; they stay there where they are not imported. */
    readonly directory: string;
    /** Packages that had not been imported before. */
    readonly imported: number;
  }
  | {
    readonly kind: "unchanged";
    /** The commit that has it all; `undefined` where only its input hash is known. */
    readonly commit: string | undefined;
    readonly ref: string | undefined;
  }
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

type Unchanged = Extract<ComposeTreeResult, { readonly kind: "unchanged" }>;

/** Changes when the same inputs give another tree. */
const COMPOSE_VERSION = 5;

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
  if (target.mode === "bare-user-only") {
    throw new ComposeError(
      "compose/unfit-repo",
      `Cannot compose into "${options.repo}": a repository of mode bare-user-only keeps no owners`,
      { subject: options.repo, hint: "Use a repository of mode archive or bare-user" },
    );
  }
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
  readonly #layerRepo: Repo;

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
      more: usesLockfileRepos(treefile, this.#locked) ? treefile.lockfileRepos : [],
      ...pickDefined(options, "sourceRoot"),
    });
    this.#layerRepo = options.layerRepo === undefined ? target : Repo.open(options.layerRepo);
    this.#layers = resolveLayers(this.#layerRepo, treefile);
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
    const { plan, repositories, base } = await resolvePackages(apt, {
      treefile,
      basearch: this.#basearch,
      locked: this.#locked,
      lockfileStrict: options.lockfileStrict ?? false,
      cacheOnly: options.cacheOnly ?? false,
      ...pickDefined(options, "signal", "progress"),
    });
    if (options.writeLockfileTo !== undefined) {
      Deno.writeTextFileSync(
        options.writeLockfileTo,
        formatLockfile(plan.packages, repositories, this.#basearch),
      );
    }
    const inputHash = this.#inputHash(plan);
    const { touchIfChanged } = options;
    const known = this.#known(inputHash);
    if (touchIfChanged !== undefined && !known && options.dryRun) touchFile(touchIfChanged);
    if (options.dryRun) return { kind: "dry-run", packages: plan.packages };
    if (options.downloadOnly === "debs") return await this.#download(apt, plan);
    // Who asks for the commit's checksum gets one, unless what it is compared with is named.
    const mayStop = options.writeCommitidTo === undefined ||
      options.previousInputhash !== undefined;
    if (known && !options.forceNocache && mayStop) {
      return { kind: "unchanged", ...known };
    }
    const { packages, imported } = await this.#import(apt, plan);
    if (options.downloadOnly === "imported") {
      this.#area.endUnsynced();
      return { kind: "downloaded", packages: plan.packages, directory: this.#debs, imported };
    }
    const timestamp = options.sourceDateEpoch ??
      Math.max(0, ...repositories.map((each) => each.date));
    const parent = this.#parent();
    await using ahead = this.#pullAhead(packages);
    const version = this.#version(parent, timestamp);
    const finished = await this.#assemble(packages, plan, base, { timestamp, parent, version });
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
    const written = await writeCommit({
      finished,
      treefile,
      basearch: this.#basearch,
      packages,
      inputHash,
      repositories,
      version,
      timestamp,
      parent,
      added: options.addMetadata ?? {},
      addedJson: readMetadataFiles(options.addMetadataFrom ?? []),
      sourceRoot: options.sourceRoot ?? "/",
      work: this.#area.work,
      target: this.#target,
      writeCommitidTo: options.writeCommitidTo,
      onSynced: () => this.#area.endUnsynced(),
      ...pickDefined(options, "signal", "progress"),
    });
    const difference = this.#difference(parent, packages);
    if (options.writeComposejsonTo !== undefined) {
      const json = composeJson(this.#target, written, difference);
      Deno.writeTextFileSync(options.writeComposejsonTo, `${JSON.stringify(json, null, 2)}\n`);
    }
    if (touchIfChanged !== undefined) touchFile(touchIfChanged);
    return {
      kind: "committed",
      commit: written.commit,
      ref: written.ref,
      sboms: written.sboms,
      version,
      inputHash,
      packages: packages.length,
      imported,
      difference,
      droppedFiles: finished.dropped,
      checks,
    };
  }

  /** The commit that was made of the same before, if there is one. */
  #known(inputHash: string): Pick<Unchanged, "commit" | "ref"> | undefined {
    const { previousCommit, previousInputhash } = this.#options;
    const { ref } = this.#treefile;
    if (previousInputhash === inputHash) return { commit: undefined, ref: undefined };
    const commit = previousCommit === undefined
      ? ref === undefined ? undefined : this.#target.resolveRev(ref)
      : this.#target.requireRev(previousCommit);
    if (commit === undefined || previousInputhash !== undefined) return undefined;
    const hash = this.#target.readCommit(commit).metadata.get(INPUT_HASH_KEY)?.value;
    return hash === inputHash
      ? { commit, ref: previousCommit === undefined ? ref : undefined }
      : undefined;
  }

  /** Directory of downloads. */
  get #debs(): string {
    return `${this.#area.cachedir}/debs`;
  }

  async #download(apt: AptRoot, plan: Plan): Promise<ComposeTreeResult> {
    const call = pickDefined(this.#options, "signal", "progress");
    const cacheOnly = this.#options.cacheOnly ?? false;
    for await (const _ of apt.download(plan.packages, this.#debs, { ...call, cacheOnly })) {
      // Each is kept where it was checked.
    }
    return { kind: "downloaded", packages: plan.packages, directory: this.#debs, imported: 0 };
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
    const debs = apt.download(missing, this.#debs, {
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
    base: readonly string[],
    commit: {
      readonly timestamp: number;
      readonly parent: string | undefined;
      readonly version: string | undefined;
    },
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
      sourceDateEpoch: commit.timestamp,
      filter: this.#filter,
      architectures: [dpkgArchitecture(this.#basearch), ...treefile.foreignArchitectures],
      debconf: treefile.debconf,
      ...pickDefined(options, "cellLimits", "runner", "signal", "progress"),
    });
    await assembly.addAll(packages, [base, ...treefile.packageLayers], {
      recommends: treefile.recommends,
    });
    return await finishTree({
      assembly,
      repo: work,
      target: this.#target,
      layerRepo: this.#layerRepo,
      read: this.#read,
      basearch: this.#basearch,
      plan,
      layers: this.#layers,
      parent: commit.parent,
      version: commit.version,
      directory: directory.join("initramfs"),
      freshInitramfs: options.forceNocache ?? false,
      ...pickDefined(options, "signal", "progress"),
    });
  }

  #version(parent: string | undefined, timestamp: number): string | undefined {
    const given = this.#options.addMetadata?.["version"];
    if (given !== undefined) return given;
    const { automaticVersionPrefix: prefix, automaticVersionSuffix: suffix } = this.#treefile;
    if (prefix === undefined) return undefined;
    const previous = this.#options.previousVersion ??
      (parent === undefined
        ? undefined
        : this.#target.readCommit(parent).metadata.get("version")?.value as string | undefined);
    return nextVersion(prefix, suffix, previous, new Date(timestamp * 1000));
  }

  #parent(): string | undefined {
    const { noParent, parent } = this.#options;
    const { ref } = this.#treefile;
    if (noParent) return undefined;
    if (parent !== undefined) return this.#target.requireRev(parent);
    return ref === undefined ? undefined : this.#target.resolveRev(ref);
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
