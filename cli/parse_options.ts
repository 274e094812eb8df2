import { nearestNames } from "@apt-ostree/apt";
import type { OptionDefinition, OptionTable } from "./command.ts";
import { CliError } from "./error.ts";

/** Options and arguments of a command line. */
export interface ParsedOptions {
  readonly values: Record<string, unknown>;
  readonly args: readonly string[];
}

/**
 * Find the command among the words of a command line: the first that is no option.
 *
 * Options may stand before it in the form `--name=value` alone, since a value apart would be taken for
 * the command.
 *
 * @returns The command and the words without it.
 */
export function splitCommand(
  words: readonly string[],
): [command: string | undefined, rest: string[]] {
  const end = words.indexOf("--");
  const at = words.findIndex((word, index) => !word.startsWith("-") && (end < 0 || index < end));
  if (at < 0) return [undefined, [...words]];
  return [words[at], words.toSpliced(at, 1)];
}

/**
 * Read the words of a command line by a table of options.
 *
 * `--name=value`, `--name value`, `-x value`, `-xvalue`, grouped flags `-ab`; `--` ends the options.
 *
 * @throws {CliError} `cli/unknown-option` with the nearest names, `cli/bad-option`.
 */
export function parseOptions(words: readonly string[], table: OptionTable): ParsedOptions {
  const values: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(table)) {
    values[name] = type === "boolean" ? false : type === "list" ? [] : undefined;
  }
  const args: string[] = [];
  const queue = [...words];
  const set = (
    name: string,
    option: OptionDefinition,
    value: string | undefined,
    shown: string,
  ) => {
    if (option.type === "boolean") {
      if (value !== undefined) throw badOption(shown, "it takes no value");
      values[name] = true;
      return;
    }
    const text = value ?? queue.shift();
    if (text === undefined) throw badOption(shown, "its value is missing");
    if (option.type === "list") (values[name] as string[]).push(text);
    else values[name] = text;
  };
  for (let word; (word = queue.shift()) !== undefined;) {
    if (word === "--") args.push(...queue.splice(0));
    else if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const given = equals < 0 ? word.slice(2) : word.slice(2, equals);
      const found = findLong(given, table);
      if (!found) throw unknown(`--${given}`, table);
      set(found[0], found[1], equals < 0 ? undefined : word.slice(equals + 1), `--${given}`);
    } else if (word.startsWith("-") && word.length > 1) {
      for (let at = 1; at < word.length; at++) {
        const found = Object.entries(table).find(([, option]) => option.short === word![at]);
        if (!found) throw unknown(`-${word[at]}`, table);
        const rest = word.slice(at + 1);
        const takesRest = found[1].type !== "boolean" && rest !== "";
        set(found[0], found[1], takesRest ? rest.replace(/^=/, "") : undefined, `-${word[at]}`);
        if (found[1].type !== "boolean") break;
      }
    } else args.push(word);
  }
  return { values, args };
}

function findLong(name: string, table: OptionTable): [string, OptionDefinition] | undefined {
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option) return [name, option];
  return Object.entries(table).find(([, each]) => each.aliases?.includes(name));
}

function unknown(shown: string, table: OptionTable): CliError {
  const near = nearestNames(shown.replace(/^-+/, ""), Object.keys(table), 1);
  return new CliError("cli/unknown-option", `Cannot understand option "${shown}"`, {
    subject: shown,
    hint: near.length > 0 && shown.length > 2
      ? `Did you mean --${near[0]}?`
      : "See --help for the options",
  });
}

function badOption(shown: string, what: string): CliError {
  return new CliError("cli/bad-option", `Cannot use option "${shown}": ${what}`, {
    subject: shown,
    hint: "See --help for the options",
  });
}
