import { createHash } from "node:crypto";
import { type Progress, RunError, type RunOptions, type RunResult } from "@apt-ostree/base";
import { AptError } from "./error.ts";
import type { PlannedPackage } from "./plan.ts";
import { removeIfThere } from "./remove_if_there.ts";
import { TransferMeter } from "./transfer_meter.ts";

/** How {@linkcode downloadPackages} goes about it. */
export interface DownloadOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
  /** Fail instead of fetching what is missing. @default {false} */
  readonly cacheOnly?: boolean;
  /** How many transfers run side by side. @default {4} */
  readonly parallel?: number;
}

/** A package's file, its SHA-256 checked. */
export interface Downloaded {
  /** The package. */
  readonly package: PlannedPackage;
  /** Path. */
  readonly path: string;
}

/** Starts a program of the isolated apt. */
type AptRun = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** Packages that one process of apt's transport fetches. */
const BATCH = 8;

/** See {@linkcode AptRoot.download}. */
export async function* downloadPackages(
  packages: readonly PlannedPackage[],
  directory: string,
  run: AptRun,
  options: DownloadOptions = {},
): AsyncGenerator<Downloaded> {
  const { signal, progress } = options;
  Deno.mkdirSync(`${directory}/partial`, { recursive: true });
  const start = performance.now();
  const queue = new Queue(packages, directory, run, options);
  const phase = "download";
  if (queue.missing.length > 0) {
    progress?.({
      type: "phase-start",
      phase,
      title: `Downloading ${queue.missing.length} packages`,
      total: queue.missing.length,
      totalBytes: queue.missing.reduce((sum, each) => sum + each.size, 0),
    });
  }
  for (const each of queue.present) {
    signal?.throwIfAborted();
    yield { package: each, path: fileOf(directory, each) };
  }
  if (queue.missing.length === 0) return;
  const transfers = new Map(queue.missing.map((each) => [each.sha256, {
    path: partialOf(directory, each),
    checkedPath: fileOf(directory, each),
    size: each.size,
  }]));
  using meter = progress && new TransferMeter(progress, phase, transfers);
  let done = 0;
  let bytes = 0;
  for await (const each of queue.fetchAll()) {
    bytes += each.size;
    done++;
    meter?.finish(each.sha256, each.name);
    yield { package: each, path: fileOf(directory, each) };
  }
  progress?.({ type: "phase-end", phase, done, bytes, ms: performance.now() - start });
}

/** Check a file's SHA-256. @returns Whether it is the one wanted. */
export function hasSha256(path: string, sha256: string): boolean {
  using file = Deno.openSync(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1024 * 1024);
  for (let read; (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
  return hash.digest("hex") === sha256;
}

function fileOf(directory: string, each: PlannedPackage): string {
  return `${directory}/${each.sha256}.deb`;
}

function partialOf(directory: string, each: PlannedPackage): string {
  return `${directory}/partial/${each.sha256}.deb`;
}

class Queue {
  readonly present: PlannedPackage[] = [];
  readonly missing: PlannedPackage[] = [];
  readonly #directory: string;
  readonly #run: AptRun;
  readonly #options: DownloadOptions;

  constructor(
    packages: readonly PlannedPackage[],
    directory: string,
    run: AptRun,
    options: DownloadOptions,
  ) {
    this.#directory = directory;
    this.#run = run;
    this.#options = options;
    for (const each of packages) {
      const file = fileOf(directory, each);
      // A file that went bad on the disk is fetched again.
      const good = isThere(file, each.size) && hasSha256(file, each.sha256);
      (good ? this.present : this.missing).push(each);
      if (!good && !options.cacheOnly) removeIfThere(file);
    }
    const first = this.missing[0];
    if (first && options.cacheOnly) {
      throw new AptError(
        "apt/not-cached",
        `Cannot use "${first.name}" ${first.version}: it is not in the cache`,
        {
          subject: first.name,
          hint: `Leave out --cache-only to fetch ${this.missing.length} packages`,
        },
      );
    }
  }

  /** Fetch what is missing, the largest first; gives each as soon as it is checked. */
  async *fetchAll(): AsyncGenerator<PlannedPackage> {
    const stop = new AbortController();
    const signal = this.#options.signal
      ? AbortSignal.any([this.#options.signal, stop.signal])
      : stop.signal;
    const waiting = this.missing.toSorted((a, b) => b.size - a.size);
    const ready: PlannedPackage[] = [];
    let wake = Promise.withResolvers<void>();
    const lanes = Math.max(1, this.#options.parallel ?? 4);
    // Few packages are spread over the lanes, many are handed out in batches.
    const next = () => waiting.splice(0, Math.min(BATCH, Math.ceil(waiting.length / lanes)));
    const work = async () => {
      for (let batch; (batch = next()).length > 0;) {
        await this.#fetch(batch, signal, (each) => {
          ready.push(each);
          wake.resolve();
        });
      }
    };
    let over = false;
    const all = Promise.all(Array.from({ length: lanes }, work)).finally(() => {
      over = true;
      wake.resolve();
    });
    all.catch(() => stop.abort()); // one failure stops the others; it is thrown below
    try {
      while (!over || ready.length > 0) {
        for (let each; (each = ready.shift()) !== undefined;) yield each;
        if (over) break;
        await wake.promise;
        wake = Promise.withResolvers();
        if (over && ready.length === 0) break;
      }
      await all;
    } finally {
      stop.abort();
      await all.catch(() => {}); // thrown above already, or the caller has gone
    }
  }

  async #fetch(
    batch: readonly PlannedPackage[],
    signal: AbortSignal,
    done: (each: PlannedPackage) => void,
  ) {
    await this.#transfer(batch, signal);
    for (const each of batch) {
      if (!this.#accept(each)) {
        await this.#transfer([each], signal); // once more: a proxy may have had a bad copy
        if (!this.#accept(each)) {
          throw new AptError(
            "apt/bad-download",
            `Cannot use "${each.name}" ${each.version}: its SHA-256 is wrong`,
            {
              subject: each.name,
              hint: `${each.uri} is damaged, or does not fit the package lists: update them`,
            },
          );
        }
      }
      done(each);
    }
  }

  async #transfer(batch: readonly PlannedPackage[], signal: AbortSignal): Promise<void> {
    // With the size apt's transport stops a server that never does.
    const files = batch.flatMap((each) => [
      each.uri,
      this.#partial(each),
      `SHA256:${each.sha256}`,
      `Checksum-FileSize:${each.size}`,
    ]);
    try {
      await this.#run(["/usr/lib/apt/apt-helper", "-q", "download-file", ...files], { signal });
    } catch (cause) {
      if (!(cause instanceof RunError) || cause.code !== "run/failed") throw cause;
      if (/Hash Sum mismatch/i.test(cause.stderr)) return; // found and named when the bytes are checked
      const first = batch.find((each) => !isThere(this.#partial(each), each.size)) ?? batch[0]!;
      const reason = cause.stderr.split("\n").filter((line) => line.startsWith("E: ")).join("; ");
      throw new AptError(
        "apt/download-failed",
        `Cannot download "${first.name}" ${first.version}: ${reason}`,
        {
          subject: first.name,
          hint: "Check the network and run it again: what is here already stays",
          cause,
        },
      );
    }
  }

  /** Move a complete, checked file to its place. */
  #accept(each: PlannedPackage): boolean {
    const partial = this.#partial(each);
    if (!isThere(partial, each.size) || !hasSha256(partial, each.sha256)) {
      removeIfThere(partial);
      return false;
    }
    Deno.renameSync(partial, fileOf(this.#directory, each));
    return true;
  }

  #partial(each: PlannedPackage): string {
    return partialOf(this.#directory, each);
  }
}

function isThere(path: string, size: number): boolean {
  try {
    return Deno.statSync(path).size === size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
