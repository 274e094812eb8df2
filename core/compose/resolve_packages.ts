import type { AptRoot, Plan, Repository } from "@apt-ostree/apt";
import type { Progress } from "@apt-ostree/base";
import { dpkgArchitecture } from "../treefile/architecture.ts";
import type { Treefile } from "../treefile/treefile.ts";
import { checkLocked, lockRequest } from "./apply_lock.ts";
import { pickDefined } from "./pick_defined.ts";
import { pinRepoPackages, unlockedVersions } from "./pin_sources.ts";
import type { LockedPackage } from "./read_lockfile.ts";
import { variantPackages } from "./variant_packages.ts";

/** What {@linkcode resolvePackages} works with. */
export interface ResolveOptions {
  readonly treefile: Treefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  /** What lockfiles say. */
  readonly locked: ReadonlyMap<string, LockedPackage>;
  /** Whether packages that are not locked are refused. */
  readonly lockfileStrict: boolean;
  /** Use no network. */
  readonly cacheOnly: boolean;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** The packages of a tree. */
export interface ResolvedPackages {
  readonly plan: Plan;
  /** The sources as they were read. */
  readonly repositories: Repository[];
  /** Packages of the treefile's variant. */
  readonly base: readonly string[];
}

/** Whether the sources for locked packages alone serve: where there is a lock. */
export function usesLockfileRepos(
  treefile: Treefile,
  locked: ReadonlyMap<string, LockedPackage>,
): boolean {
  return treefile.lockfileRepos.length > 0 && locked.size > 0;
}

/**
 * Let apt choose the packages of a treefile.
 *
 * @throws {AptError} {@linkcode ComposeError} `compose/no-such-version`.
 */
export async function resolvePackages(
  apt: AptRoot,
  options: ResolveOptions,
): Promise<ResolvedPackages> {
  const { treefile, locked, cacheOnly, progress } = options;
  const call = pickDefined(options, "signal", "progress");
  const native = dpkgArchitecture(options.basearch);
  const repositories = await apt.update({ ...call, cacheOnly });
  const start = performance.now();
  const phase = "resolve";
  progress?.({ type: "phase-start", phase, title: "Resolving packages" });
  const { repoPackages, lockfileRepos, variant } = treefile;
  const lock = lockRequest(locked, options.lockfileStrict);
  // What the lock says counts, even where the treefile wants another source.
  const pinned = lock.lockedOnly || repoPackages.length === 0
    ? lock.locked
    : new Map([...pinRepoPackages(repoPackages, apt.indexes()), ...lock.locked]);
  const base = variant === "essential" ? [] : variantPackages(variant, apt.indexes(), native);
  const plan = await apt.plan({
    install: [...new Set([...base, ...treefile.packages])],
    exclude: treefile.excludePackages,
    recommends: treefile.recommends,
    locked: pinned,
    lockedOnly: lock.lockedOnly,
    forbidden: usesLockfileRepos(treefile, locked)
      ? unlockedVersions(lockfileRepos, lock.locked, apt.indexes())
      : [],
  }, call);
  checkLocked(plan, locked, native);
  const ms = performance.now() - start;
  const done = plan.packages.length;
  progress?.({ type: "phase-end", phase, done, ms, summary: `${done} packages` });
  return { plan, repositories, base };
}
