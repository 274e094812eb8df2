import { CliError } from "./error.ts";

/** `KEY=VALUE` texts of an option as a map. @throws {CliError} `cli/bad-option`. */
export function parsePairs(option: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const equals = text.indexOf("=");
    if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
    throw bad(option, text, "it is not KEY=VALUE", `For example --${option}=version=12.1`);
  }));
}

/** A whole number of an option; `undefined` where it is not given. @throws {CliError} `cli/bad-option`. */
export function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? text : Number(text);
  throw bad(option, text, "it is no whole number", `For example --${option}=8`);
}

/** One of some words. @throws {CliError} `cli/bad-option`. */
export function parseChoice<T extends string>(
  option: string,
  text: string,
  choices: readonly T[],
): T {
  const found = choices.find((each) => each === text);
  if (found !== undefined) return found;
  throw bad(option, text, "there is no such choice", `It is one of ${choices.join(", ")}`);
}

/** The properties that are not `undefined`. */
export function given<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function bad(option: string, text: string, what: string, hint: string): CliError {
  return new CliError("cli/bad-option", `Cannot use "--${option}=${text}": ${what}`, {
    subject: text,
    hint,
  });
}
