import type { AptRoot, Plan, PlannedPackage, Repository } from "@apt-ostree/apt";
import { ContentPull, Repo, Tree } from "@apt-ostree/ostree";
import { Assembly } from "../assemble/assemble_system.ts";
import { ComposeError } from "../error.ts";
import { findPackage, importPackages } from "../import/import_packages.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { dpkgArchitecture } from "../treefile/architecture.ts";
import type { ReadTreefile } from "../treefile/read_treefile.ts";
import type { Treefile } from "../treefile/treefile.ts";
import { readLockfiles } from "./apply_lock.ts";
import { checkSpace } from "./check_space.ts";
import { INPUT_HASH_KEY } from "./commit_metadata.ts";
import type { ComposeArea } from "./compose_area.ts";
import { treeInputHash } from "./input_hash.ts";
import type { InstallOptions } from "./install_options.ts";
import { formatLockfile } from "./lockfile.ts";
import { openTreefileApt } from "./open_treefile_apt.ts";
import { writeOutput } from "./output_file.ts";
import { pickDefined } from "./pick_defined.ts";
import { type OstreeLayers, resolveLayers } from "./postprocess/add_layers.ts";
import { readSources } from "./read_sources.ts";
import { type ResolvedPackages, resolvePackages, usesLockfileRepos } from "./resolve_packages.ts";
import { touchFile } from "./touch_file.ts";
import { treeFilter } from "./tree_filter.ts";
import { runUserStage } from "./user_stage.ts";

/** What {@linkcode TreeInstall.resolve} works with. */
export interface TreeInstallOptions {
  readonly options: InstallOptions;
  readonly read: ReadTreefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  readonly area: ComposeArea;
  /** Repository that takes the commit, or has the one before it. */
  readonly target: Repo | undefined;
}

/** What a compose came to that had no tree to make. */
export type InstallEnd =
  | { readonly kind: "dry-run"; readonly packages: readonly PlannedPackage[] }
  | {
    readonly kind: "downloaded";
    readonly packages: readonly PlannedPackage[];
    /** Directory of the .debs; they stay there where they are not imported. */
    readonly directory: string;
    /** Packages that had not been imported before. */
    readonly imported: number;
  };

/** A compose of the same inputs that there was before. */
export interface KnownCompose {
  /** The commit that has it all; `undefined` where only its input hash is known. */
  readonly commit: string | undefined;
  /** The treefile's ref, where the commit is the one that it names. */
  readonly ref: string | undefined;
}

/** The way from a treefile to a tree that has all its packages and all that the treefile says. */
export class TreeInstall {
  /** Digest over all that decides about the tree. */
  readonly inputHash: string;
  /** Commits of the treefile's layers. */
  readonly layers: OstreeLayers;
  readonly #from: TreeInstallOptions;
  readonly #apt: AptRoot;
  readonly #resolved: ResolvedPackages;
  readonly #layerRepo: Repo | undefined;

  private constructor(
    from: TreeInstallOptions,
    apt: AptRoot,
    resolved: ResolvedPackages,
    layers: { readonly repo: Repo | undefined; readonly found: OstreeLayers },
  ) {
    this.#from = from;
    this.#apt = apt;
    this.#resolved = resolved;
    this.layers = layers.found;
    this.#layerRepo = layers.repo;
    const { read, basearch } = from;
    this.inputHash = treeInputHash(read, basearch, resolved.plan.packages, layers.found);
  }

  /**
   * Find the sources and let apt choose the packages; write the lock where it is asked for.
   *
   * @throws {TreefileError} {@linkcode AptError} {@linkcode ComposeError}
   */
  static async resolve(from: TreeInstallOptions): Promise<TreeInstall> {
    const { options, read, basearch, area } = from;
    const { treefile } = read;
    const locked = readLockfiles(options.lockfiles ?? []);
    const sources = readSources(read, {
      more: usesLockfileRepos(treefile, locked) ? treefile.lockfileRepos : [],
      ...pickDefined(options, "sourceRoot"),
    });
    const layers = findLayers(from);
    const apt = await openTreefileApt({
      dir: `${area.cachedir}/apt`,
      treefile,
      basearch,
      sources,
      ...pickDefined(options, "runner", "proxy"),
    });
    const resolved = await resolvePackages(apt, {
      treefile,
      basearch,
      locked,
      lockfileStrict: options.lockfileStrict ?? false,
      cacheOnly: options.cacheOnly ?? false,
      ...pickDefined(options, "signal", "progress"),
    });
    const { plan, repositories } = resolved;
    if (options.writeLockfileTo !== undefined) {
      const lock = formatLockfile(plan.packages, repositories, basearch);
      writeOutput(options.writeLockfileTo, lock);
    }
    return new TreeInstall(from, apt, resolved, layers);
  }

  /** What apt chose. */
  get plan(): Plan {
    return this.#resolved.plan;
  }

  /** The sources as they were read. */
  get repositories(): readonly Repository[] {
    return this.#resolved.repositories;
  }

  /** Seconds since 1970 for commit and scripts. */
  get timestamp(): number {
    return this.#from.options.sourceDateEpoch ??
      Math.max(0, ...this.repositories.map((each) => each.date));
  }

  /** The commit that was made of the same before, if there is one. */
  known(): KnownCompose | undefined {
    const { options: { previousCommit, previousInputhash }, target } = this.#from;
    const { ref } = this.#treefile;
    if (previousInputhash === this.inputHash) return { commit: undefined, ref: undefined };
    if (!target || previousInputhash !== undefined) return undefined;
    const commit = previousCommit === undefined
      ? ref === undefined ? undefined : target.resolveRev(ref)
      : target.requireRev(previousCommit);
    if (commit === undefined) return undefined;
    const hash = target.readCommit(commit).metadata.get(INPUT_HASH_KEY)?.value;
    return hash === this.inputHash
      ? { commit, ref: previousCommit === undefined ? ref : undefined }
      : undefined;
  }

  /** Do what the options end with before anything is imported, if they do. */
  async end(): Promise<InstallEnd | undefined> {
    const { options } = this.#from;
    if (options.dryRun) {
      const { touchIfChanged } = options;
      if (touchIfChanged !== undefined && !this.known()) touchFile(touchIfChanged);
      return { kind: "dry-run", packages: this.plan.packages };
    }
    if (options.downloadOnly !== "debs") return undefined;
    for await (const _ of this.#download(this.plan.packages)) {
      // Each is kept where it was checked.
    }
    return this.#downloaded(0);
  }

  /**
   * Download and import what is missing.
   *
   * @returns All packages of the tree, or that the options end here.
   */
  async import(): Promise<InstallEnd | { packages: PackageCommit[]; imported: number }> {
    const { area: { work, cachedir }, options } = this.#from;
    const { packages: planned } = this.plan;
    const missing = planned.filter((each) => !findPackage(work, each, each.sha256));
    const needed = missing.reduce((sum, each) => sum + each.size + each.installedSize * 1024, 0);
    checkSpace(cachedir, needed);
    this.#from.area.beginUnsynced();
    const debs = this.#download(missing);
    const jobs = async function* () {
      for await (const { package: { name, version, architecture, sha256 }, path } of debs) {
        yield { name, version, architecture, sha256, path };
      }
    };
    const call = pickDefined(options, "signal", "progress");
    const imported = await importPackages(work, jobs(), missing.length, call);
    if (options.downloadOnly === "imported") {
      this.#from.area.sync();
      return this.#downloaded(imported);
    }
    const packages = planned.map((each) => findPackage(work, each, each.sha256)!);
    return { packages, imported };
  }

  /**
   * Begin to deflate files into an archive while scripts, which take one core, still run.
   *
   * They show in the target only with {@linkcode ContentPull.publish}.
   */
  pullAhead(packages: readonly PackageCommit[], target: Repo): ContentPull | undefined {
    const idle = navigator.hardwareConcurrency - 1;
    if (target.mode !== "archive" || idle < 1) return undefined;
    const { work } = this.#from.area;
    const filter = treeFilter(this.#treefile);
    const files = new Set<string>();
    for (const pkg of packages) {
      for (const [path, entry] of Tree.fromChecksums(work, pkg.data).walk()) {
        if (entry.type === "file" && filter.keepsFile(path)) files.add(entry.checksum);
      }
    }
    return new ContentPull(work, target, files, Math.min(idle, 4));
  }

  /**
   * Lay the packages out, configure them, and carry out what the treefile says about their tree.
   *
   * @param commit.parent Commit of the target that accounts are compared with.
   * @param commit.version Version of the commit to be.
   * @throws {ConflictError} {@linkcode ScriptError} {@linkcode ComposeError}
   */
  async assemble(
    packages: readonly PackageCommit[],
    commit: { readonly parent: string | undefined; readonly version: string | undefined },
  ): Promise<Assembly> {
    const { options, basearch, read, area: { work, directory }, target } = this.#from;
    const { plan, base } = this.#resolved;
    const treefile = this.#treefile;
    const assembly = Assembly.fresh({
      repo: work,
      directory: directory.path,
      sourceDateEpoch: this.timestamp,
      filter: treeFilter(treefile),
      architectures: [dpkgArchitecture(basearch), ...treefile.foreignArchitectures],
      debconf: treefile.debconf,
      ...pickDefined(options, "cellLimits", "runner", "signal", "progress"),
    });
    await assembly.addAll(packages, [base, ...treefile.packageLayers], {
      recommends: treefile.recommends,
    });
    const { parent, version } = commit;
    await runUserStage({
      assembly,
      repo: work,
      layerRepo: this.#layerRepo,
      read,
      basearch,
      plan,
      layers: this.layers,
      parent: target && parent !== undefined ? { repo: target, commit: parent } : undefined,
      version,
      ...pickDefined(options, "signal", "progress"),
    });
    return assembly;
  }

  get #treefile(): Treefile {
    return this.#from.read.treefile;
  }

  /** Directory of downloads. */
  get #debs(): string {
    return `${this.#from.area.cachedir}/debs`;
  }

  #download(packages: readonly PlannedPackage[]): ReturnType<AptRoot["download"]> {
    const { options } = this.#from;
    return this.#apt.download(packages, this.#debs, {
      cacheOnly: options.cacheOnly ?? false,
      ...pickDefined(options, "signal", "progress"),
    });
  }

  #downloaded(imported: number): InstallEnd {
    const { packages } = this.plan;
    return { kind: "downloaded", packages, directory: this.#debs, imported };
  }
}

function findLayers(
  { options, read: { treefile }, target }: TreeInstallOptions,
): { readonly repo: Repo | undefined; readonly found: OstreeLayers } {
  const repo = options.layerRepo === undefined ? target : Repo.open(options.layerRepo);
  if (repo) return { repo, found: resolveLayers(repo, treefile) };
  const [first] = [...treefile.ostreeLayers, ...treefile.ostreeOverrideLayers];
  if (first === undefined) return { repo, found: { plain: [], override: [] } };
  throw new ComposeError("compose/no-repo", `Cannot add layer "${first}": no repository is named`, {
    subject: first,
    hint: "Name the one that has it with --layer-repo=REPO",
  });
}
