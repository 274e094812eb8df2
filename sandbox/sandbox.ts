import { cleanText, hostRunner, RunError, type Runner } from "@apt-ostree/base";
import { type BubblewrapBind, bwrapArgs } from "./bwrap_args.ts";
import { SandboxError } from "./error.ts";
import { INTERCEPTION_POLICIES, type InterceptionPolicy } from "./interception/policy.ts";
import { Journal } from "./interception/journal.ts";
import type { InterceptedCall, RunningScript, ScriptRun } from "./interception/record.ts";
import { ScriptRecorder } from "./interception/script_recorder.ts";
import { ANSWERS, JOURNAL } from "./interception/shim.ts";
import { StandIns } from "./interception/stand_ins.ts";
import { overlayArgs, type OverlaySpec, SETUP_FAILED } from "./overlay.ts";
import { removeTree } from "./remove_tree.ts";
import { requireRoot } from "./root_facts.ts";
import { readUpper, type UpperChange } from "./upper.ts";

/** How a {@linkcode Sandbox} is made. */
export interface SandboxOptions {
  /** Directory for what it needs; it does not exist yet, or nothing of ours is in it. */
  readonly directory: string;
  /** The overlay that is `/` inside. */
  readonly overlay: OverlaySpec;
  /** Seconds since 1970 that programs inside take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** Things of the host that are seen inside. */
  readonly binds?: readonly BubblewrapBind[];
  /** Added to the environment inside. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How calls that would touch a running system are answered. */
  readonly policies?: readonly InterceptionPolicy[];
  /** Told when a maintainer script begins, and with `undefined` when none is at work any more. */
  readonly onScript?: (script: RunningScript | undefined) => void;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/** One program to run inside. */
export interface SandboxRun {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Working directory. @default {"/"} */
  readonly cwd?: string;
  /** Things of the host that are seen inside. */
  readonly binds?: readonly BubblewrapBind[];
  /** Directory on the host whose files stand in for those of the overlay. */
  readonly shadow?: string;
  /** The maintainer script that this is, for the record. */
  readonly script?: RunningScript;
  /** Whether the program is a dpkg, which runs maintainer scripts: each comes into the record. */
  readonly runsScripts?: boolean;
  /** Text for standard input. */
  readonly stdin?: string;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the program is ended. @default {3_600_000} */
  readonly timeoutMs?: number;
  /** Told each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** How a program inside ended. */
export interface SandboxResult {
  /** Exit status. */
  readonly status: number;
  /** End of what it wrote to standard output and standard error, in the order it came. */
  readonly output: string;
  /** Duration in milliseconds. */
  readonly ms: number;
}

/** Characters of output that are kept. */
const OUTPUT_TAIL = 64 * 1024;
const TIMEOUT = 3_600_000;

/**
 * A cell for maintainer scripts: the tree below an overlay is its whole world.
 *
 * No network, no processes and no files of the host; what it writes lands in the overlay's upper
 * directory, and calls that would touch a running system are recorded and answered by policy.
 */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #runner: Runner;
  readonly #standIns: StandIns;
  readonly #recorder: ScriptRecorder;
  readonly #journal: Journal;

  /**
   * Set the cell up; nothing runs yet.
   *
   * @throws {SandboxError} As {@linkcode requireRoot}.
   */
  constructor(options: SandboxOptions) {
    requireRoot();
    this.#options = options;
    this.#runner = options.runner ?? hostRunner;
    for (const path of [options.overlay.upper, options.overlay.work, options.overlay.merged]) {
      Deno.mkdirSync(path, { recursive: true });
    }
    Deno.chmodSync(options.overlay.upper, 0o755);
    const { directory, overlay: { lower, upper } } = options;
    const policies = options.policies ?? INTERCEPTION_POLICIES;
    this.#standIns = new StandIns(directory, lower, policies);
    this.#recorder = new ScriptRecorder({
      lower,
      upper,
      skip: MOUNT_POINTS,
      standIn: (sha256, path) => this.#standIns.real(sha256, path),
      ...(options.onScript ? { onScript: options.onScript } : {}),
    });
    this.#journal = new Journal(directory, (message) => this.#recorder.take(message));
  }

  /**
   * Run a program inside, and wait for it.
   *
   * @throws {SandboxError} `sandbox/missing` if bubblewrap or unshare is not installed,
   * `sandbox/timeout`, `sandbox/failed` if the cell could not be set up.
   */
  async run(run: SandboxRun): Promise<SandboxResult> {
    const { overlay, sourceDateEpoch } = this.#options;
    const scripts = run.runsScripts ? this.#standIns.scripts() : undefined;
    const shadows = [run.shadow, scripts?.layer, this.#standIns.programs].filter((each) =>
      each !== undefined
    );
    const bwrap = bwrapArgs({
      root: overlay.merged,
      cwd: run.cwd ?? "/",
      argv: run.argv,
      environment: {
        ...environment(sourceDateEpoch),
        ...this.#options.environment,
        ...run.environment,
      },
      binds: [
        { source: this.#journal.messages, dest: JOURNAL, writable: true },
        { source: this.#journal.answers, dest: ANSWERS, writable: true },
        ...this.#standIns.binds,
        ...scripts?.binds ?? [],
        ...this.#options.binds ?? [],
        ...run.binds ?? [],
      ],
    });
    const argv = overlayArgs({ ...overlay, shadows }, bwrap);
    // The kernel's mark that a volatile overlay was not synced: here nothing is ever trusted to be.
    removeTree([overlay.work, "work", "incompat"].join("/"));
    const timeout = AbortSignal.timeout(run.timeoutMs ?? TIMEOUT);
    const signal = run.signal ? AbortSignal.any([run.signal, timeout]) : timeout;
    const start = performance.now();
    let output = "";
    const decoder = new TextDecoder();
    const onPiece = (piece: Uint8Array) => {
      const text = decoder.decode(piece, { stream: true });
      run.onOutput?.(text);
      output = (output + text).slice(-OUTPUT_TAIL);
    };
    try {
      if (run.script) this.#recorder.begin(OWN_SCRIPT, run.script, run.script.args);
      const { status } = await this.#journal.during(() =>
        this.#runner.run(argv, {
          accept: ANY_STATUS,
          onStdout: onPiece,
          onStderr: onPiece,
          signal,
          ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
        })
      );
      if (run.script) this.#recorder.end(OWN_SCRIPT, status);
      const text = cleanText(output);
      if (status !== 0) checkSetup(text);
      return { status, output: text, ms: performance.now() - start };
    } catch (cause) {
      if (timeout.aborted && !run.signal?.aborted) {
        throw new SandboxError(
          "sandbox/timeout",
          `Cannot wait longer for "${run.argv.join(" ")}" in the sandbox`,
          {
            subject: run.argv[0]!,
            hint: `It ran over ${
              (run.timeoutMs ?? TIMEOUT) / 1000
            } s and was ended. Its last output: ${cleanText(output).slice(-300)}`,
          },
        );
      }
      if (!(cause instanceof RunError) || cause.code !== "run/missing") throw cause;
      throw new SandboxError(
        "sandbox/missing",
        `Cannot make a sandbox: there is no "unshare" on this machine`,
        {
          hint: "Install the packages util-linux and bubblewrap",
          cause,
        },
      );
    } finally {
      this.#recorder.finish();
    }
  }

  /** Calls that were intercepted so far, whoever made them. */
  calls(): InterceptedCall[] {
    return this.#recorder.calls;
  }

  /** What each maintainer script did that has run so far. */
  scripts(): readonly ScriptRun[] {
    return this.#recorder.runs;
  }

  /** The maintainer script that is at work. */
  get running(): RunningScript | undefined {
    return this.#recorder.running;
  }

  /**
   * What has changed in the tree, parents before children, names sorted.
   *
   * @throws {SandboxError} `sandbox/special-file`, `sandbox/edited-script`.
   */
  changes(): Generator<UpperChange> {
    const { upper } = this.#options.overlay;
    this.#standIns.restore(upper, MOUNT_POINTS);
    return readUpper(upper, MOUNT_POINTS);
  }
}

/** Places that are mount points inside: what lies there is no part of the tree. */
const MOUNT_POINTS: ReadonlySet<string> = new Set(["dev", "proc", "sys", "run", "tmp", "var/tmp"]);
/** Tells a script that is run directly apart from those that dpkg runs. */
const OWN_SCRIPT = "";

const ANY_STATUS = Array.from({ length: 256 }, (_, status) => status);

function environment(sourceDateEpoch: number): Record<string, string> {
  return {
    DEBCONF_NONINTERACTIVE_SEEN: "true",
    DEBIAN_FRONTEND: "noninteractive",
    HOME: "/root",
    INITRD: "No", // the hooks of kernel packages leave the initramfs alone
    LC_ALL: "C.UTF-8",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    SOURCE_DATE_EPOCH: String(sourceDateEpoch),
    SYSTEMD_OFFLINE: "1",
    TMPDIR: "/tmp",
  };
}

/** Tell a cell that could not be made from a program that failed in it. */
function checkSetup(output: string): void {
  const lines = output.trimEnd().split("\n");
  const last = lines.at(-1) ?? "";
  const missing = last.startsWith(SETUP_FAILED) ? / no (bwrap|mount)$/.exec(last)?.[1] : undefined;
  if (missing !== undefined) {
    throw new SandboxError(
      "sandbox/missing",
      `Cannot make a sandbox: there is no "${missing}" on this machine`,
      {
        subject: missing,
        hint: `Install the package ${missing === "bwrap" ? "bubblewrap" : missing}`,
      },
    );
  }
  if (last.startsWith(SETUP_FAILED) || /^(bwrap|unshare): /.test(last)) {
    throw new SandboxError(
      "sandbox/failed",
      `Cannot make a sandbox: ${lines.slice(-3).join("; ")}`,
      {
        hint: "Namespaces and overlayfs must be allowed to this user on this machine",
      },
    );
  }
}
