import { RunError, type Runner, type RunOptions, type RunResult } from "@apt-ostree/base";
import { AptError } from "./error.ts";

/**
 * The one place where apt is started: always with the configuration of its own directory.
 *
 * That configuration sets apt's directories, its status file, and `--root` and `--admindir` for any dpkg;
 * on top of it only commands that read, simulate or download can be run.
 */
export class AptRunner {
  readonly #dir: string;
  readonly #runner: Runner;

  /** Start apt in `dir`, which has an `apt.conf`, by `runner`. */
  constructor(dir: string, runner: Runner) {
    this.#dir = dir;
    this.#runner = runner;
  }

  /**
   * Run a program of apt.
   *
   * @throws {RangeError} If the command could change a system: a bug in the caller.
   * @throws {AptError} `apt/missing` if there is no apt. @throws {RunError}
   */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    checkHarmless(argv);
    const env = {
      LC_ALL: "C.UTF-8",
      HOME: this.#dir,
      APT_CONFIG: `${this.#dir}/apt.conf`,
      ...options.env,
    };
    try {
      return await this.#runner.run(argv, { ...options, env });
    } catch (cause) {
      if (!(cause instanceof RunError) || cause.code !== "run/missing") throw cause;
      const message = `Cannot resolve packages: there is no "${argv[0]}" on this machine`;
      throw new AptError("apt/missing", message, {
        subject: argv[0]!,
        hint: "Install the package apt",
        cause,
      });
    }
  }

  /** Like {@linkcode AptRunner.run}. @returns What the program wrote to its standard output. */
  async text(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return new TextDecoder().decode((await this.run(argv, options)).stdout);
  }
}

/** Programs that never change a system. */
const READERS = new Set(["apt-cache", "apt-config", "/usr/lib/apt/apt-helper"]);

function checkHarmless(argv: readonly string[]): void {
  const [program = "", ...args] = argv;
  if (READERS.has(program)) return;
  const before = args.slice(0, args.indexOf("--") < 0 ? undefined : args.indexOf("--"));
  const harmless = program === "apt-get" &&
    ["update", "indextargets", "--simulate", "--print-uris"].some((word) => before.includes(word));
  if (!harmless) throw new RangeError(`Not a harmless command: ${argv.join(" ")}`);
}
