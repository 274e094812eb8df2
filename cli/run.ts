import { AptOstreeError, type Progress } from "@apt-ostree/base";
import { nearestNames } from "@apt-ostree/apt";
import { type CommandContext, GLOBAL_OPTIONS } from "./command.ts";
import { type CommandEntry, COMMANDS } from "./commands.ts";
import { drawProgress, jsonProgress } from "./draw_progress.ts";
import { CliError } from "./error.ts";
import { formatCommandHelp, formatGroupHelp } from "./format/help.ts";
import { parseOptions, splitCommand } from "./parse_options.ts";
import { formatVersion } from "./version.ts";

/** Where a command line reads and writes. */
export interface Terminal {
  /** Writes a line to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line to standard error. */
  readonly printError: (text: string) => void;
  /** Whether standard error is a terminal. */
  readonly interactive: boolean;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** Exit status of a command line that cannot be understood, as rpm-ostree has it. */
const FAILED = 1;

/**
 * Carry out a command line.
 *
 * @param words Everything after the program's name.
 * @returns The exit status.
 * @throws {CliError} If the words make no sense; other errors come from the command itself.
 */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  return await dispatch("", COMMANDS, words, terminal);
}

async function dispatch(
  path: string,
  entries: readonly CommandEntry[],
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [name, rest] = splitCommand(words);
  if (name === undefined) {
    const { values } = parseOptions(rest, GLOBAL_OPTIONS);
    const help = formatGroupHelp(path, entries.filter((each) => !each.hidden));
    if (values["version"]) terminal.print(formatVersion());
    else if (values["help"]) terminal.print(help);
    else {
      terminal.printError(help);
      terminal.printError(`error: No ${path === "" ? "" : `${path} sub`}command specified`);
      return FAILED;
    }
    return 0;
  }
  const entry = entries.find((each) => each.name === name);
  if (!entry) {
    const near = nearestNames(name, entries.map((each) => each.name), 1);
    throw new CliError(
      "cli/unknown-command",
      `Unknown ${path === "" ? "" : `${path} sub`}command "${name}"`,
      {
        subject: name,
        hint: near.length > 0
          ? `Did you mean "${near[0]}"?`
          : `See: apt-ostree ${path && `${path} `}--help`,
      },
    );
  }
  const full = path === "" ? name : `${path} ${name}`;
  if (entry.notice !== undefined) terminal.printError(entry.notice);
  if (entry.group) return await dispatch(full, entry.group, rest, terminal);
  return await runCommand(full, entry, rest, terminal);
}

async function runCommand(
  path: string,
  entry: CommandEntry,
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { command } = await entry.load!();
  const { values, args } = parseOptions(words, { ...GLOBAL_OPTIONS, ...command.options });
  if (values["help"]) {
    terminal.print(formatCommandHelp(path, command));
    return 0;
  }
  if (values["version"]) {
    terminal.print(formatVersion());
    return 0;
  }
  const [least, most] = command.arity;
  if (args.length < least || args.length > most) {
    const found = args.length < least ? "an argument is missing" : `"${args[most]}" is too much`;
    throw new CliError("cli/bad-arguments", `Cannot run "${path}": ${found}`, {
      subject: path,
      hint: `Usage: apt-ostree ${path} [OPTION…] ${command.args}`,
    });
  }
  const json = values["json"] === true;
  const quiet: Progress = () => {};
  const progress = values["quiet"]
    ? quiet
    : json
    ? jsonProgress((text) => terminal.print(text.trimEnd()))
    : drawProgress(writeError, terminal.interactive);
  const context: CommandContext = {
    print: terminal.print,
    progress,
    signal: terminal.signal,
    json,
  };
  try {
    return await command.run(context, values, args);
  } catch (error) {
    if (json && error instanceof AptOstreeError) terminal.print(jsonError(error));
    throw error;
  }
}

/** A failure as a line of JSON; where checks failed, with all that they found. */
function jsonError(error: AptOstreeError): string {
  const { code, message, subject, hint } = error;
  const checks = "report" in error ? { checks: error.report } : {};
  return JSON.stringify({ v: 1, type: "error", code, message, subject, hint, ...checks });
}

function writeError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
