import type { OpenDebOptions } from "@apt-ostree/apt";
import { type Progress, WorkerClient } from "@apt-ostree/base";
import type { Repo } from "@apt-ostree/ostree";
import { importDeb, type ImportJob } from "./import_deb.ts";
import type { ImportRequest } from "./import_worker.ts";
import { readMemberLimit } from "./member_limit.ts";
import { type PackageCommit, readPackageCommit } from "./package_commit.ts";
import { type PackageId, packageRef } from "./package_ref.ts";

/** How {@linkcode importPackages} goes about it. */
export interface ImportPackagesOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
  /** Number of workers; 0 for none, in this thread. @default the number of cores, at most 8 */
  readonly workers?: number;
  /** Other bounds than those of every .deb. @default what {@linkcode readMemberLimit} gives */
  readonly limits?: Omit<OpenDebOptions, "runner" | "signal">;
}

const WORKER = new URL("./import_worker.ts", import.meta.url);

/** The commit of a package that was imported before, from a .deb with this SHA-256. */
export function findPackage(repo: Repo, id: PackageId, sha256: string): PackageCommit | undefined {
  const commit = repo.resolveRev(packageRef(id));
  if (commit === undefined) return undefined;
  const found = readPackageCommit(repo, commit);
  return found?.sha256 === sha256 ? found : undefined;
}

/**
 * Import .debs as they arrive, in parallel.
 *
 * @param debs Files to import, none of which is in the repository.
 * @param total How many there will be, for the progress.
 * @returns How many were imported.
 * @throws {ImportError} {@linkcode DebError} Of the first package that cannot be imported; what was
 * published before stays.
 */
export async function importPackages(
  repo: Repo,
  debs: AsyncIterable<ImportJob>,
  total: number,
  options: ImportPackagesOptions = {},
): Promise<number> {
  const { signal, progress } = options;
  if (total === 0) return 0;
  const limits = options.limits ?? readMemberLimit();
  const start = performance.now();
  const phase = "import";
  progress?.({ type: "phase-start", phase, title: `Importing ${total} packages`, total });
  if (options.workers === 0) {
    let done = 0;
    using txn = repo.transaction();
    for await (const job of debs) {
      signal?.throwIfAborted();
      await importDeb(repo, txn, job, { ...limits, ...(signal ? { signal } : {}) });
      done++;
      progress?.({ type: "phase-progress", phase, done, item: job.name });
    }
    txn.commit({ sync: false }); // the disk is waited for by whoever commits at the end
    progress?.({ type: "phase-end", phase, done, ms: performance.now() - start });
    return done;
  }
  const count = Math.min(options.workers ?? Math.min(navigator.hardwareConcurrency, 8), total);
  const workers = Array.from(
    { length: count },
    () => new WorkerClient<ImportRequest, void>(WORKER),
  );
  const source = debs[Symbol.asyncIterator]();
  let done = 0;
  const lane = async (worker: WorkerClient<ImportRequest, void>) => {
    await worker.ask({ type: "open", repo: repo.path, limits });
    for (let next; !(next = await source.next()).done;) {
      signal?.throwIfAborted();
      await worker.ask({ type: "import", job: next.value });
      done++;
      progress?.({ type: "phase-progress", phase, done, item: next.value.name });
    }
    await worker.ask({ type: "publish" });
  };
  try {
    await Promise.all(workers.map(lane));
  } finally {
    await source.return?.();
    await Promise.all(workers.map((worker) => worker.end()));
  }
  progress?.({ type: "phase-end", phase, done, ms: performance.now() - start });
  return done;
}
