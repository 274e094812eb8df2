import type { Progress } from "@apt-ostree/base";

/** One option of a command, as parser, help and tests know it. */
export interface OptionDefinition {
  /** `boolean` takes no value; `list` may be given several times. */
  readonly type: "boolean" | "string" | "list";
  /** One letter for `-x`. */
  readonly short?: string;
  /** Name of the value in the help. */
  readonly value?: string;
  readonly help: string;
  /** Left out of the help. */
  readonly hidden?: boolean;
  /** Other names that mean the same, left out of the help. */
  readonly aliases?: readonly string[];
}

/** Options by their long name. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>;

/** Values of options as a command gets them. */
export type OptionValues<Options extends OptionTable> = {
  readonly [Name in keyof Options]: Options[Name]["type"] extends "boolean" ? boolean
    : Options[Name]["type"] extends "list" ? readonly string[]
    : string | undefined;
};

/** The world that a command runs in. */
export interface CommandContext {
  /** Write a line to standard output. */
  readonly print: (text: string) => void;
  /** Draw what goes on. */
  readonly progress: Progress;
  /** Aborted when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether the user asked for JSON. */
  readonly json: boolean;
}

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Its arguments in the help. */
  readonly args: string;
  readonly options: OptionTable;
  /** Fewest and most arguments. */
  readonly arity: readonly [least: number, most: number];
  run(
    context: CommandContext,
    values: Record<string, unknown>,
    args: readonly string[],
  ): Promise<number>;
}

/** A command whose `run` knows the types of its options. */
export function defineCommand<const Options extends OptionTable>(
  command: Omit<Command, "options" | "run"> & {
    readonly options: Options;
    run(
      context: CommandContext,
      values: OptionValues<Options>,
      args: readonly string[],
    ): Promise<number>;
  },
): Command {
  return command as unknown as Command;
}

/** Options that every command has. */
export const GLOBAL_OPTIONS = {
  version: { type: "boolean", help: "Print the version and stop" },
  quiet: { type: "boolean", short: "q", help: "Show no progress" },
  help: { type: "boolean", short: "h", help: "Print this help and stop" },
} as const satisfies OptionTable;
