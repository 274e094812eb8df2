/**
 * Watches how much memory a process and all below it take, by reading /proc.
 *
 * The kernel keeps each process's own peak (`VmHWM`): polling can only miss what a process took
 * after the last poll before its end.
 */
export class PeakMemory {
  readonly #root: number;
  readonly #peaks = new Map<number, { name: string; kib: number }>();

  /** Watch `root` and its descendants. */
  constructor(root: number) {
    this.#root = root;
  }

  /** Read the peaks of all processes that live now. */
  poll(): void {
    const queue = [this.#root];
    for (let pid; (pid = queue.pop()) !== undefined;) {
      const status = readProc(`${pid}/status`);
      const kib = Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0);
      // By the program it runs: a thread's child bears the thread's name until it runs another.
      const program = unlessGone(() => Deno.readLinkSync(`/proc/${pid}/exe`), "");
      const name = program.slice(program.lastIndexOf("/") + 1);
      if (kib > 0) this.#peaks.set(pid, { name, kib });
      queue.push(...children(pid));
    }
  }

  /** The peaks so far, in MiB: of the Deno process that had most, and of the other that had most. */
  peak(): { denoMib: number; otherMib: number; otherName: string } {
    const peaks = [...this.#peaks.values()].sort((a, b) => b.kib - a.kib);
    const own = peaks.find(({ name }) => name === "deno");
    const other = peaks.find(({ name }) => name !== "deno");
    const mib = (kib = 0) => Math.round(kib / 1024);
    return { denoMib: mib(own?.kib), otherMib: mib(other?.kib), otherName: other?.name ?? "" };
  }
}

function children(pid: number): number[] {
  const threads = unlessGone(() => [...Deno.readDirSync(`/proc/${pid}/task`)], []);
  return threads.flatMap(({ name }) =>
    readProc(`${pid}/task/${name}/children`).split(" ").filter((word) => word !== "").map(Number)
  );
}

function readProc(path: string): string {
  return unlessGone(() => Deno.readTextFileSync(`/proc/${path}`), "");
}

/** What `read` gives, or `gone` where the process has ended, before the open or before the read. */
function unlessGone<T>(read: () => T, gone: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return gone;
    if (error instanceof Error && error.message.includes("(os error 3)")) return gone;
    throw error;
  }
}
