import { statfsSync } from "node:fs";
import { killProcess, LibcError, readProcDir, readProcFile } from "@apt-ostree/base";
import { type CellExcess, mebibytes } from "./cell_excess.ts";
import type { CellLimits } from "./cell_limits.ts";
import type { RunningScript } from "./interception/record.ts";
import { measureUpper } from "./upper.ts";

/** What {@linkcode CellWatch} looks at. */
export interface CellWatchOptions {
  /** File in which bubblewrap tells the number of the cell's first process. */
  readonly infoFile: string;
  /** Directory that takes what is written to the system. */
  readonly upper: string;
  readonly limits: CellLimits;
}

/** Bytes below which a cell is not to blame for what the host lacks. */
const BLAMELESS_DISK = 64 * 2 ** 20;
const BLAMELESS_MEMORY = 512 * 2 ** 20;
/** How many times as long as measuring takes nothing is measured. */
const MEASURE_SHARE = 20;

/**
 * Looks now and then at what a running cell takes, so that it can be ended in time.
 *
 * It needs no rights and no service of the host. What happens between two looks is not seen: the
 * kernel's own limits, which hold at once, bound single processes and files; this bounds their sum.
 */
export class CellWatch {
  readonly #options: CellWatchOptions;
  /** Bytes that were free. */
  readonly #start: number;
  readonly #memory = readMemory();
  /** When the upper directory is measured again. */
  #measureAt = 0;
  #first: number | undefined;
  readonly #begin = performance.now();
  #turn = this.#begin;

  /** Begin; the cell starts next. */
  constructor(options: CellWatchOptions) {
    this.#options = options;
    this.#start = readFree(options.upper);
  }

  /** Another script begins, or goes on. */
  startTurn(): void {
    this.#turn = performance.now();
  }

  /** A limit that the cell has passed. */
  look(): CellExcess | undefined {
    return this.#lookAtTime() ?? this.#lookAtDisk() ?? this.#lookAtMachine() ??
      this.#lookAtProcesses();
  }

  /** End the cell with all its processes; bubblewrap's own outside of it may be slow to do so. */
  kill(): void {
    const first = this.#findFirst();
    if (first !== undefined && !this.isGone()) killProcess(first);
  }

  /**
   * Whether every process of the cell has ended. The first one of a process namespace goes last: it
   * becomes a zombie only once all others are reaped, and stays one as long as the host's init likes.
   *
   * @see pid_namespaces(7), proc(5)
   */
  isGone(): boolean {
    const first = this.#findFirst();
    const stat = first === undefined ? undefined : readProcFile(`/proc/${first}/stat`);
    return stat === undefined || /^\d+ \(.*\) [ZX] /s.test(stat);
  }

  /**
   * The maintainer script that dpkg runs now, by the word of the kernel: the cell's program is dpkg,
   * and what it has started is a script, or the wrapper in its place.
   */
  scriptAtWork(): RunningScript | undefined {
    const [dpkg] = childrenOf(this.#findFirst() ?? 0);
    for (const pid of childrenOf(dpkg ?? 0)) {
      const [, path = "", ...args] = (readProcFile(`/proc/${pid}/cmdline`) ?? "").split("\0");
      const [, name, architecture = "", script] = SCRIPT_PATH.exec(path) ?? [];
      if (name !== undefined && script !== undefined) {
        return { package: name, architecture, script, args: args.slice(0, -1) };
      }
    }
    return undefined;
  }

  #lookAtTime(): CellExcess | undefined {
    const { timeMs, totalTimeMs } = this.#options.limits;
    const now = performance.now();
    if (now - this.#turn > timeMs) {
      return { limit: "time", found: `ran over ${timeMs / 1000} s` };
    }
    if (now - this.#begin <= totalTimeMs) return undefined;
    return { limit: "time", found: `was still at work after ${totalTimeMs / 1000} s for all` };
  }

  #lookAtDisk(): CellExcess | undefined {
    const { upper, limits } = this.#options;
    const free = readFree(upper);
    if (free < limits.diskReserveBytes && this.#start - free > BLAMELESS_DISK) {
      return { limit: "disk", found: `wrote until the disk had only ${mebibytes(free)} left` };
    }
    const start = performance.now();
    if (start < this.#measureAt) return undefined;
    const excess = measureUpper(upper, limits);
    // The more there is to measure, the less often.
    this.#measureAt = start + MEASURE_SHARE * (performance.now() - start);
    return excess;
  }

  #lookAtMachine(): CellExcess | undefined {
    const { available, total } = readMemory();
    if (available >= total / 32 || this.#memory.available - available < BLAMELESS_MEMORY) {
      return undefined;
    }
    const found = `took memory until the machine had only ${mebibytes(available)} left`;
    return { limit: "memory", found };
  }

  #lookAtProcesses(): CellExcess | undefined {
    const first = this.#findFirst();
    if (first === undefined) return undefined;
    const { processes, memoryBytes } = this.#options.limits;
    const pids: number[] = [first];
    let count = 0;
    let memory = 0;
    for (let at = 0; at < pids.length; at++) {
      const pid = pids[at]!;
      const status = readProcFile(`/proc/${pid}/status`);
      if (status === undefined) continue;
      const threads = numberOf(status, "Threads");
      count += threads;
      if (count > processes) {
        return { limit: "processes", found: `had more than ${processes} processes and threads` };
      }
      memory += 1024 * (numberOf(status, "RssAnon") + numberOf(status, "RssShmem"));
      const tasks = threads === 1 ? [`${pid}`] : readProcDir(`/proc/${pid}/task`) ?? [];
      for (const task of tasks) {
        const children = readProcFile(`/proc/${pid}/task/${task}/children`) ?? "";
        for (const [child] of children.matchAll(/\d+/g)) pids.push(Number(child));
      }
    }
    if (memory <= memoryBytes) return undefined;
    // What processes share was counted once for each of them.
    const shared = pids.reduce((sum, pid) => sum + readProportionalSize(pid), 0);
    if (shared <= memoryBytes) return undefined;
    return { limit: "memory", found: `took more than ${mebibytes(memoryBytes)} of memory` };
  }

  #findFirst(): number | undefined {
    if (this.#first !== undefined) return this.#first;
    const text = Deno.readTextFileSync(this.#options.infoFile);
    const found = /"child-pid":\s*(\d+)/.exec(text)?.[1];
    return this.#first = found === undefined ? undefined : Number(found);
  }
}

/** Where dpkg keeps a script: `…/info/NAME[:ARCH].SCRIPT`. */
const SCRIPT_PATH = /\/info\/([^/:]+?)(?::([^/.]+))?\.(preinst|postinst|prerm|postrm)$/;

/** Processes that the first thread of another has started. */
function childrenOf(pid: number): number[] {
  const children = readProcFile(`/proc/${pid}/task/${pid}/children`) ?? "";
  return [...children.matchAll(/\d+/g)].map(([child]) => Number(child));
}

/** Bytes that are free on the filesystem of a path. */
function readFree(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function readMemory(): { available: number; total: number } {
  const text = readProcFile("/proc/meminfo") ?? "";
  return {
    available: 1024 * numberOf(text, "MemAvailable"),
    total: 1024 * numberOf(text, "MemTotal"),
  };
}

/** Bytes of a process, each page divided by the number of those that share it. */
function readProportionalSize(pid: number): number {
  try {
    return 1024 * numberOf(readProcFile(`/proc/${pid}/smaps_rollup`) ?? "", "Pss");
  } catch (error) {
    if (!(error instanceof LibcError)) throw error; // it ended meanwhile, or is no program any more
    return 0;
  }
}

function numberOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
