import type { ProgressEvent } from "@apt-ostree/base";
import { PeakMemory } from "./peak_memory.ts";

/** What running a command cost. */
export interface Measurement {
  /** Duration in milliseconds, from its start to its end. */
  readonly ms: number;
  /** Time that processors spent on it and its children, in seconds: other work disturbs it less. */
  readonly cpu: number;
  /** Most memory that one Deno process of it had, in MiB. */
  readonly denoMib: number;
  /** Most memory that one other process of it had, in MiB, and the name of that process. */
  readonly otherMib: number;
  readonly otherName: string;
  /** What the command wrote to its standard output. */
  readonly stdout: string;
  /** Duration of each phase in milliseconds, where the command wrote progress as JSON lines. */
  readonly phases: Readonly<Record<string, number>>;
}

/** How often memory is read, in milliseconds. */
const POLL = 50;

/**
 * Run a command and measure it.
 *
 * The disk is synced before, so that it does not pay for what the command before it wrote.
 *
 * @throws {Error} If its status is not 0; the message has the end of its output.
 */
export async function measure(
  argv: readonly string[],
  options: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
): Promise<Measurement> {
  await new Deno.Command("sync").output();
  const times = await Deno.makeTempFile();
  const start = performance.now();
  const process = new Deno.Command("sh", {
    args: ["-c", 'times=$0; "$@"; status=$?; times > "$times"; exit $status', times, ...argv],
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const memory = new PeakMemory(process.pid);
  const timer = setInterval(() => memory.poll(), POLL);
  const output = Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
  ]);
  const { code } = await process.status;
  const ms = performance.now() - start;
  clearInterval(timer);
  const [stdout, stderr] = await output;
  const cpu = parseTimes(await Deno.readTextFile(times));
  await Deno.remove(times);
  if (code !== 0) {
    const end = `${stdout}\n${stderr}`.trim().slice(-3000);
    throw new Error(`Cannot run "${argv.join(" ")}": status ${code}\n${end}`);
  }
  return { ms, cpu, ...memory.peak(), stdout, phases: readPhases(`${stdout}\n${stderr}`) };
}

/** Seconds of the children, in what the shell's `times` prints: the second line. */
function parseTimes(text: string): number {
  const [, children = ""] = text.split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** Durations of the phases in progress written as JSON lines; other lines are passed over. */
function readPhases(output: string): Record<string, number> {
  const phases: Record<string, number> = {};
  for (const line of output.split("\n")) {
    if (!line.startsWith('{"')) continue;
    const event: ProgressEvent = JSON.parse(line);
    if (event.type !== "phase-end") continue;
    phases[event.phase] = (phases[event.phase] ?? 0) + Math.round(event.ms); // some come in waves
  }
  return phases;
}
