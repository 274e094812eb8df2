import { hostRunner, RunError, type Runner } from "@apt-ostree/base";
import { type BubblewrapBind, bwrapArgs } from "./bwrap_args.ts";
import { cellArgs, type CellSpec } from "./cell_args.ts";
import { newGroupName, removeGroup } from "./cell_group.ts";
import type { CellExcess } from "./cell_excess.ts";
import { cellFailed, checkSetup, overLimit } from "./cell_failure.ts";
import { type CellLimits, DEFAULT_CELL_LIMITS } from "./cell_limits.ts";
import { checkPrivileged } from "./check_privileged.ts";
import { CellOutput } from "./cell_output.ts";
import { blameScript, heaviestScript } from "./blame_script.ts";
import { CellWatch } from "./cell_watch.ts";
import { SandboxError } from "./error.ts";
import { INTERCEPTION_POLICIES, type InterceptionPolicy } from "./interception/policy.ts";
import { Journal } from "./interception/journal.ts";
import type { InterceptedCall, RunningScript, ScriptRun } from "./interception/record.ts";
import { ScriptRecorder } from "./interception/script_recorder.ts";
import { ANSWERS, JOURNAL } from "./interception/shim.ts";
import { StandIns } from "./interception/stand_ins.ts";
import { overlayArgs, type OverlaySpec } from "./overlay.ts";
import { removeTree } from "./remove_tree.ts";
import { requireRoot } from "./root_facts.ts";
import { seccompFilter } from "./seccomp_filter.ts";
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
  /** What programs inside may take. @default {DEFAULT_CELL_LIMITS} */
  readonly limits?: Partial<CellLimits>;
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
  /** What the program may take, where it differs from the sandbox's limits. */
  readonly limits?: Partial<CellLimits>;
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

/** Milliseconds between two looks at what a cell takes. */
const LOOK_EVERY = 100;
/** Milliseconds that the kernel gets to end all processes of a cell. */
const LONGEST_END = 10_000;

/**
 * A cell for maintainer scripts: the tree below an overlay is its whole world.
 *
 * No network, no processes and no files of the host; what it writes lands in the overlay's upper
 * directory, and calls that would touch a running system are recorded and answered by policy. Time,
 * processes, memory, disk and output are limited; who passes a limit is ended, with all that it has
 * started.
 */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #runner: Runner;
  readonly #limits: CellLimits;
  readonly #standIns: StandIns;
  readonly #recorder: ScriptRecorder;
  readonly #journal: Journal;
  #onTurn: (() => void) | undefined;

  /**
   * Set the cell up; nothing runs yet.
   *
   * @throws {SandboxError} As {@linkcode requireRoot}.
   */
  constructor(options: SandboxOptions) {
    requireRoot();
    this.#options = options;
    this.#runner = options.runner ?? hostRunner;
    this.#limits = { ...DEFAULT_CELL_LIMITS, ...options.limits };
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
      onScript: (script) => {
        this.#onTurn?.();
        options.onScript?.(script);
      },
    });
    this.#journal = new Journal(directory, (message) => this.#recorder.take(message));
    Deno.writeFileSync(`${directory}/seccomp`, seccompFilter(Deno.build.arch));
    Deno.mkdirSync(`${directory}/devices`);
  }

  /**
   * Run a program inside, and wait for it. When the call ends, however it ends, no process that was
   * started inside is left.
   *
   * @throws {SandboxError} `sandbox/missing` if bubblewrap or unshare is not installed,
   * `sandbox/limit` if the program took more than it may and was ended, `sandbox/failed` if the cell
   * could not be set up.
   */
  async run(run: SandboxRun): Promise<SandboxResult> {
    const { overlay, directory } = this.#options;
    const limits = { ...this.#limits, ...run.limits };
    const infoFile = `${directory}/cell.json`;
    // What the last cell left, and the kernel's mark that a volatile overlay was not synced: here
    // nothing is ever trusted to be.
    Deno.writeTextFileSync(infoFile, "");
    removeTree([overlay.work, "work", "incompat"].join("/"));
    const group = newGroupName();
    const argv = this.#argv(run, { limits, infoFile, group });
    const watch = new CellWatch({ infoFile, upper: overlay.upper, limits });
    const ending = new AbortController();
    let over:
      | { readonly excess: CellExcess; readonly script: RunningScript | undefined }
      | undefined;
    const end = (excess: CellExcess | undefined) => {
      if (!excess || over) return;
      over = { excess, script: run.script ?? watch.scriptAtWork() ?? this.running };
      ending.abort();
      watch.kill();
    };
    const output = new CellOutput(limits.outputBytes, end, run.onOutput);
    const looking = setInterval(() => end(watch.look()), LOOK_EVERY);
    this.#onTurn = () => watch.startTurn();
    const start = performance.now();
    try {
      if (run.script) this.#recorder.begin(OWN_SCRIPT, run.script, run.script.args);
      const { status } = await this.#journal.during(async () => {
        try {
          return await this.#runner.run(argv, {
            accept: ANY_STATUS,
            onStdout: output.take,
            onStderr: output.take,
            signal: run.signal ? AbortSignal.any([run.signal, ending.signal]) : ending.signal,
            ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
          });
        } finally {
          await untilGone(watch);
          await removeGroup(group);
        }
      });
      if (run.script) this.#recorder.end(OWN_SCRIPT, status);
      const text = output.end();
      if (status !== 0) checkSetup(text);
      return { status, output: text, ms: performance.now() - start };
    } catch (cause) {
      if (over && !run.signal?.aborted) {
        const { excess, script } = over;
        this.#recorder.finish();
        // What lies in files was left by another script than the one at work as often as not.
        const lies = excess.limit === "disk" || excess.limit === "files";
        const maker = lies ? heaviestScript(this.#recorder.runs) : undefined;
        throw overLimit(run.argv, { excess, script: maker ?? script, output: output.end() });
      }
      if (!(cause instanceof RunError)) throw cause;
      throw cellFailed(cause);
    } finally {
      clearInterval(looking);
      this.#onTurn = undefined;
      this.#recorder.finish();
    }
  }

  #argv(
    run: SandboxRun,
    { limits, infoFile, group }: Pick<CellSpec, "limits" | "infoFile" | "group">,
  ): string[] {
    const { overlay, sourceDateEpoch, directory } = this.#options;
    const scripts = run.runsScripts ? this.#standIns.scripts() : undefined;
    const shadows = [run.shadow, scripts?.layer, this.#standIns.programs].filter((each) =>
      each !== undefined
    );
    const devices = `${directory}/devices`;
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
      devices,
      temporaryBytes: limits.temporaryBytes,
    });
    const seccompFile = `${directory}/seccomp`;
    const cell = cellArgs({ seccompFile, infoFile, devices, group, limits }, bwrap);
    return overlayArgs({ ...overlay, shadows }, cell);
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
   * @throws {SandboxError} `sandbox/special-file`, `sandbox/edited-script`, `sandbox/limit`, where no
   * maintainer script is known that left what cannot be kept.
   * @throws {ScriptError} `script/refused` if one did, or if it made a file whose users get the
   * rights of another and that no package ships.
   */
  *changes(): Generator<UpperChange> {
    const { upper, lower } = this.#options.overlay;
    const scripts = this.scripts();
    try {
      this.#standIns.restore(upper, MOUNT_POINTS, this.#limits);
      for (const change of readUpper(upper, MOUNT_POINTS, this.#limits)) {
        checkPrivileged({ upper, lower, scripts }, change);
        yield change;
      }
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      throw blameScript(error, scripts);
    }
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

/** The kernel ends a cell with its first process, but not at once. */
async function untilGone(watch: CellWatch): Promise<void> {
  const start = performance.now();
  while (!watch.isGone()) {
    if (performance.now() - start > LONGEST_END) {
      throw new SandboxError("sandbox/failed", "Cannot end the processes of a sandbox", {
        hint: "They wait for the disk or another device: look at it, and run this again",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
