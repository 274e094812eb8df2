import { CliError } from "./error.ts";
import { explainError } from "./explain_error.ts";
import { runCommandLine } from "./run.ts";

/** Exit status of a program that Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

/** Run the program; the only place that ends the process. */
async function main(): Promise<void> {
  const abort = new AbortController();
  let asked = false;
  const interrupt = () => {
    printError(
      asked ? "Still waiting for the current step to stop" : "Cancelling; nothing will be changed",
    );
    asked = true;
    abort.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupt);
  const color = Deno.stderr.isTerminal() && !Deno.noColor;
  try {
    const terminal = {
      print,
      printError,
      interactive: Deno.stderr.isTerminal(),
      signal: abort.signal,
    };
    Deno.exit(await runCommandLine(Deno.args, terminal));
  } catch (error) {
    if (abort.signal.aborted) {
      printError("error: Cancelled");
      Deno.exit(INTERRUPTED);
    }
    printError(explainError(error, { color }));
    Deno.exit(error instanceof CliError && USAGE.has(error.code) ? 2 : 1);
  }
}

/** Errors that mean that the command line is wrong. */
const USAGE: ReadonlySet<string> = new Set([
  "cli/unknown-command",
  "cli/unknown-option",
  "cli/bad-option",
  "cli/bad-arguments",
]);

function print(text: string): void {
  writeAll(Deno.stdout, text);
}

function printError(text: string): void {
  writeAll(Deno.stderr, text);
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}

if (import.meta.main) await main();
