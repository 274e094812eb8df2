/**
 * Text from outside in quotation marks, fit for a message: nothing in it can play with a terminal or
 * a log, and it is never longer than a line.
 *
 * Control characters, those that turn the direction of writing and halves of surrogate pairs come
 * out as `\u` escapes.
 *
 * @param longest Characters after which it is cut. @default {200}
 * @example Usage
 * ```ts
 * import { quoted } from "@apt-ostree/base";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(quoted("a\x1b[31m"), '"a\\u001b[31m"');
 * ```
 */
export function quoted(text: string, longest = 200): string {
  const cut = text.length > longest;
  const json = JSON.stringify(cut ? text.slice(0, longest) : text);
  const safe = json.replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return cut ? `${safe.slice(0, -1)}…"` : safe;
}
