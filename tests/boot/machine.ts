import { MachineError } from "./error.ts";
import { type MachineSpec, qemuArgs } from "./qemu_args.ts";
import { SerialConsole } from "./serial_console.ts";

/** What a command in the machine left behind. */
export interface CommandResult {
  readonly status: number;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** No machine lives longer, in seconds, whatever becomes of the test. */
const LIFETIME = 540;
/** Longest wait for one step, in milliseconds; a busy host doubles any time. */
const STEP = 180_000;

/** A virtual machine and a shell on its serial console. Closing it ends it. */
export class Machine implements AsyncDisposable {
  /** The serial console. */
  readonly console: SerialConsole = new SerialConsole();
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ended: Promise<string>;
  #commands = 0;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#ended = this.#read();
  }

  /** Switch a machine on. */
  static start(spec: MachineSpec): Machine {
    const args = ["--signal=KILL", `${LIFETIME}`, ...qemuArgs(spec)];
    const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    return new Machine(new Deno.Command("timeout", { args, ...pipes }).spawn());
  }

  /** Type text. */
  async type(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Wait for the login prompt that getty writes, as a person at the console would see it. */
  async waitForLogin(): Promise<void> {
    await this.console.expect(/\blogin: /, "login prompt", STEP);
  }

  /** Log in as root, who has no password, and make the shell fit for {@linkcode Machine.run}. */
  async login(): Promise<void> {
    await this.type("root\n");
    await this.console.expect(/[#] $/, "root's prompt", STEP);
    // The quotes keep the echo of this line from matching.
    await this.type(
      "stty -echo rows 50 cols 500; export TERM=dumb PAGER=cat SYSTEMD_PAGER=cat " +
        "LC_ALL=C.UTF-8; PS1= PS2=; dmesg -n 1; echo @@'READY'@@\n",
    );
    await this.console.expect(/@@READY@@\n/, "the shell", STEP);
  }

  /**
   * Run a command line in the machine's shell.
   *
   * @param timeoutMs How long it may take in milliseconds.
   * @throws {MachineError} `machine/timeout`, `machine/ended`.
   */
  async run(command: string, timeoutMs: number = STEP): Promise<CommandResult> {
    const token = `RC${++this.#commands}`;
    await this.type(`{ ${command}\n} 2>&1; echo @@'${token}'=$?@@\n`);
    const pattern = new RegExp(`@@${token}=(\\d+)@@\\n`);
    const { before, groups } = await this.console.expect(pattern, command, timeoutMs);
    return { status: Number(groups[0]), output: before };
  }

  /**
   * Run a command line that must succeed.
   *
   * @returns What it printed, without white space around it.
   * @throws {MachineError} `machine/command-failed` if its status is not 0.
   */
  async output(command: string, timeoutMs: number = STEP): Promise<string> {
    const { status, output } = await this.run(command, timeoutMs);
    if (status !== 0) {
      const message = `Cannot run "${command}" in the machine: status ${status}\n${output}`;
      throw new MachineError("machine/command-failed", message, { subject: command });
    }
    return output.trim();
  }

  /**
   * Shut down from the shell and wait for the machine to switch itself off.
   *
   * @throws {MachineError} `machine/timeout` if it does not.
   */
  async powerOff(): Promise<void> {
    await this.type("systemctl poweroff\n");
    await this.console.expect(/Power down/, "the kernel's last word", STEP);
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), 30_000);
    const end = await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    if (end === "late") {
      throw new MachineError("machine/timeout", 'Cannot switch off "machine": it runs on');
    }
  }

  /** End the machine at once, if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
    await this.#ended;
  }

  async #read(): Promise<string> {
    const decoder = new TextDecoder();
    const errors = new Response(this.#process.stderr).text();
    for await (const piece of this.#process.stdout) {
      this.console.feed(decoder.decode(piece, { stream: true }));
    }
    const { code } = await this.#process.status;
    const reason = `the machine ended with status ${code} ${(await errors).trim()}`.trimEnd();
    this.console.close(reason);
    // The pipe is broken or not, as the machine ended; nobody listens any more.
    await this.#input.abort().catch(() => {});
    return reason;
  }
}
