import { cleanText, hostRunner, type Progress, type Runner } from "@apt-ostree/base";

/** How {@linkcode pullRemote} goes about it. */
export interface PullRemoteOptions {
  /** Refs or checksums to pull. @default those the remote's config names, else all */
  readonly refs?: readonly string[];
  /** How many parents of each commit come too; -1 for all. @default {0} */
  readonly depth?: number;
  /** Only the commits themselves. @default {false} */
  readonly commitsOnly?: boolean;
  /** Write refs as if the repository were the remote's mirror. @default {false} */
  readonly mirror?: boolean;
  /** Fail unless a static delta leads to the commit. @default {false} */
  readonly requireStaticDeltas?: boolean;
  /** Told what goes on; phase `pull`, in objects. */
  readonly progress?: Progress;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/**
 * Pull commits over HTTP, with libostree's own `ostree pull`: signatures, static deltas, proxies and
 * resumption are its business.
 *
 * @param repo Path of the repository that gets them.
 * @param remote Name of a remote in its config.
 * @throws {RunError} `run/failed` with what `ostree` said, `run/missing` if it is not installed.
 */
export async function pullRemote(
  repo: string,
  remote: string,
  options: PullRemoteOptions = {},
): Promise<void> {
  const { progress, signal, runner = hostRunner } = options;
  const argv = pullArgs(repo, remote, options);
  if (!progress) {
    await runner.run(argv, signal ? { signal } : {});
    return;
  }
  const start = performance.now();
  const phase = "pull";
  progress({ type: "phase-start", phase, title: `Pulling from ${remote}` });
  let done = 0;
  let text = "";
  await runner.run(onTerminal(argv), {
    ...(signal ? { signal } : {}),
    onStdout: (piece) => {
      text = (text + new TextDecoder().decode(piece)).slice(-4096);
      const found = parsePullProgress(text);
      if (!found || found.done === done) return;
      done = found.done;
      progress({ type: "phase-progress", phase, ...found });
    },
  }).catch((error) => {
    // The terminal has both streams in one: what went wrong stands at its end.
    const said = /error: +([^\n]+)/.exec(cleanText(text))?.[1];
    if (said !== undefined && error instanceof Error) error.message += `\nerror: ${said}`;
    throw error;
  });
  const summary = /(\d+ metadata, \d+ content objects? fetched[^\r\n]*)/.exec(text)?.[1];
  progress({
    type: "phase-end",
    phase,
    done,
    ms: performance.now() - start,
    ...(summary === undefined ? {} : { summary }),
  });
}

/** Arguments of `ostree pull`. */
export function pullArgs(repo: string, remote: string, options: PullRemoteOptions): string[] {
  return [
    "ostree",
    "pull",
    `--repo=${repo}`,
    ...(options.depth === undefined ? [] : [`--depth=${options.depth}`]),
    ...(options.commitsOnly ? ["--commit-metadata-only"] : []),
    ...(options.mirror ? ["--mirror"] : []),
    ...(options.requireStaticDeltas ? ["--require-static-deltas"] : []),
    "--",
    remote,
    ...options.refs ?? [],
  ];
}

/** How far a pull is, from what `ostree pull` drew last; `undefined` where it drew nothing yet. */
export function parsePullProgress(text: string): { done: number; total: number } | undefined {
  const last = [...text.matchAll(/(?:objects|delta parts): \d+% \((\d+)\/(\d+)\)/g)].at(-1);
  return last && { done: Number(last[1]), total: Number(last[2]) };
}

/** `ostree` draws progress only on a terminal: script(1) gives it one. */
function onTerminal(argv: readonly string[]): string[] {
  const quoted = argv.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", "--quiet", "--return", "--flush", "--command", quoted, "/dev/null"];
}
