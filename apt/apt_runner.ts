import { RunError, type Runner, type RunOptions, type RunResult } from "@apt-ostree/base";
import { isolation } from "./apt_config.ts";
import { AptError } from "./error.ts";

/**
 * The one place where apt is started: always with the configuration of its own directory.
 *
 * That configuration sets apt's directories, its status file, and `--root` and `--admindir` for any dpkg;
 * on top of it only commands that read, simulate or download can be run. Where the file is gone, apt
 * would take the machine's own instead: then nothing is started, and each command line names the
 * directories once more.
 */
export class AptRunner {
  readonly #dir: string;
  readonly #runner: Runner;
  readonly #environment: Readonly<Record<string, string>>;

  /** Start apt in `dir`, which has an `apt.conf`, by `runner`; `environment` is added to each start. */
  constructor(dir: string, runner: Runner, environment: Readonly<Record<string, string>> = {}) {
    this.#dir = dir;
    this.#runner = runner;
    this.#environment = environment;
  }

  /**
   * Run a program of apt.
   *
   * @throws {RangeError} If the command could change a system: a bug in the caller.
   * @throws {AptError} `apt/missing` if there is no apt, `apt/failed` if its configuration is gone.
   * @throws {RunError}
   */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    checkHarmless(argv);
    const [program = "", ...args] = argv;
    this.#checkConfig();
    const named = isolation(this.#dir).map(([name, value]) => `-o${name}=${value}`);
    return await this.#start([program, ...named, ...args], {
      ...options,
      env: { APT_CONFIG: this.#config, ...options.env },
    });
  }

  /** What the machine's own apt is configured to, with these architectures. @throws {AptError} */
  async hostSettings(architecture: string): Promise<string> {
    // Told the architectures, it does not ask the machine's dpkg for them.
    const argv = ["apt-config", "-o", `APT::Architectures::=${architecture}`, "dump"];
    const { stdout } = await this.#start(argv, { env: { APT_CONFIG: "/dev/null" } });
    return new TextDecoder().decode(stdout);
  }

  get #config(): string {
    return `${this.#dir}/apt.conf`;
  }

  #checkConfig(): void {
    try {
      if (Deno.statSync(this.#config).isFile) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    throw new AptError("apt/failed", `Cannot run apt in "${this.#dir}": its apt.conf is gone`, {
      subject: this.#dir,
      hint: "Something removes files of that directory: leave them alone, and run it again",
    });
  }

  async #start(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    const env = { ...this.#environment, LC_ALL: "C.UTF-8", HOME: this.#dir, ...options.env };
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
