/** Text that is HTML already. */
export class Html {
  readonly #text: string;

  /** @param text Is not escaped. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text, which is escaped, HTML, or several of them. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[];

/**
 * Make HTML: all values are escaped, except those that are {@linkcode Html}.
 *
 * Values stand in text or in attributes with double quotes, nowhere else.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((text, next, at) => text + toText(values[at - 1]) + next));
}

function toText(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(toText).join("");
  return escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Controls, halves of surrogate pairs, and what turns the direction of writing. */
const INVISIBLE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;

function escape(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, "\ufffd").replace(
    /[&<>"']/g,
    (found) => ENTITIES[found]!,
  );
}
