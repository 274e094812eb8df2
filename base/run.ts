import { AptOstreeError, type AptOstreeErrorOptions } from "./error.ts";

/** How {@linkcode Runner.run} and {@linkcode Runner.spawn} start a program. */
export interface RunOptions {
  /** The program's whole environment; nothing is inherited. @default {{}} with the host's `PATH` */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory of the program. */
  readonly cwd?: string;
  /** Bytes, pieces or text for standard input; without it the program reads an empty input. */
  readonly stdin?: Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /**
   * Called with each piece of standard output as it arrives; a piece is valid until the call returns,
   * and nothing is kept.
   */
  readonly onStdout?: (piece: Uint8Array) => void;
  /** Called with each piece of standard error as it arrives; the end is still kept for the error. */
  readonly onStderr?: (piece: Uint8Array) => void;
  /** Exit statuses that are no failure. @default {[0]} */
  readonly accept?: readonly number[];
  /** Stops the program with SIGTERM; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a program left behind. */
export interface RunResult {
  /** Exit status, one of those accepted. */
  readonly status: number;
  /** Standard output; empty when `onStdout` took it. */
  readonly stdout: Uint8Array;
  /** Last 8 KiB of standard error, as text without control bytes. */
  readonly stderr: string;
}

/** The only door to other programs. */
export interface Runner {
  /**
   * Run `argv` without a shell and wait for it.
   *
   * @param argv Program and arguments; the program is a name on the host's `PATH` or a path.
   * @throws {RunError} `run/missing` if there is no such program, `run/failed` if its status is not
   * accepted, `run/killed` if a signal ended it.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** A program that could not be run to its end. */
export class RunError extends AptOstreeError<"run/missing" | "run/failed" | "run/killed"> {
  /** Exit status, where the program ended by itself. */
  readonly status: number | undefined;
  /** End of its standard error. */
  readonly stderr: string;
  /** Its standard output, where nobody else took it. */
  readonly stdout: Uint8Array;

  /** Create an error about a program; `options` adds its status and what it wrote. */
  constructor(
    code: "run/missing" | "run/failed" | "run/killed",
    message: string,
    options: AptOstreeErrorOptions & {
      readonly status?: number;
      readonly stderr?: string;
      readonly stdout?: Uint8Array;
    } = {},
  ) {
    super(code, message, options);
    this.stdout = options.stdout ?? new Uint8Array();
    this.status = options.status;
    this.stderr = options.stderr ?? "";
  }
}

/** Bytes that a pipe of Linux holds. */
const PIPE_SIZE = 65_536;

/** Bytes of standard error that an error keeps. */
const STDERR_TAIL = 8192;

/** A {@linkcode Runner} on this machine. */
export const hostRunner: Runner = {
  async run(argv, options = {}) {
    const [program = "", ...args] = argv;
    options.signal?.throwIfAborted();
    const child = spawn(program, args, options);
    const abort = () => killQuietly(child);
    options.signal?.addEventListener("abort", abort, { once: true });
    try {
      const ended = Promise.all([
        child.status,
        drain(child.stdout, options.onStdout),
        drainTail(child.stderr, options.onStderr),
      ]);
      try {
        await Promise.all([ended, feed(child, options.stdin)]);
      } catch (error) {
        // What feeds the program, or takes what it writes, has failed: it must not be left waiting.
        killQuietly(child);
        await ended.catch(() => {});
        throw error;
      }
      const [status, stdout, stderr] = await ended;
      options.signal?.throwIfAborted();
      if (status.signal !== null) {
        throw new RunError("run/killed", `Cannot run "${program}": ended by ${status.signal}`, {
          stderr,
          subject: program,
        });
      }
      if (!(options.accept ?? [0]).includes(status.code)) {
        throw new RunError(
          "run/failed",
          `Cannot run "${program}": status ${status.code}${stderr && `\n${stderr.trimEnd()}`}`,
          { status: status.code, stderr, stdout, subject: program },
        );
      }
      return { status: status.code, stdout, stderr };
    } finally {
      options.signal?.removeEventListener("abort", abort);
    }
  },
};

/**
 * Remove control bytes and ANSI sequences, so that text from outside cannot play with a terminal.
 *
 * Keeps newlines and tabs.
 */
export function cleanText(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, "")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

function spawn(program: string, args: string[], options: RunOptions): Deno.ChildProcess {
  const env = { PATH: HOST_PATH, ...options.env };
  try {
    return new Deno.Command(program, {
      args,
      clearEnv: true,
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new RunError("run/missing", `Cannot find program "${program}"`, {
      subject: program,
      hint: `Install the package that has ${program}`,
      cause,
    });
  }
}

/** Where programs are looked for, unless `env` says otherwise. */
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function killQuietly(child: Deno.ChildProcess) {
  try {
    child.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
}

async function feed(child: Deno.ChildProcess, input: RunOptions["stdin"]) {
  if (input === undefined) return;
  const writer = child.stdin.getWriter();
  const pieces = typeof input === "string"
    ? [new TextEncoder().encode(input)]
    : input instanceof Uint8Array
    ? [input]
    : input;
  try {
    for await (const piece of pieces) await writer.write(piece);
    await writer.close();
  } catch (error) {
    // A program may end without reading its input; its status tells whether that is a failure.
    if (error instanceof Deno.errors.BrokenPipe) return;
    await writer.abort(error).catch(() => {}); // it may have ended already
    throw error;
  }
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  onPiece: ((piece: Uint8Array) => void) | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  if (onPiece) await readInto(stream, onPiece);
  else for await (const piece of stream) pieces.push(piece);
  return concat(pieces);
}

/** Read through one buffer: with a new one for each piece, collecting them takes a tenth of the time. */
async function readInto(
  stream: ReadableStream<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  try {
    for (let buffer = new Uint8Array(PIPE_SIZE);;) {
      const { done, value } = await reader.read(buffer);
      if (done) return;
      onPiece(value);
      buffer = new Uint8Array(value.buffer);
    }
  } finally {
    // Where the piece was not taken, nobody reads the rest; the program ends when it writes it.
    await reader.cancel();
  }
}

async function drainTail(
  stream: ReadableStream<Uint8Array>,
  onPiece: ((piece: Uint8Array) => void) | undefined,
): Promise<string> {
  let tail = new Uint8Array();
  for await (const piece of stream) {
    onPiece?.(piece);
    const joined = concat([tail, piece]);
    tail = joined.subarray(Math.max(0, joined.length - STDERR_TAIL));
  }
  return cleanText(new TextDecoder().decode(tail));
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
