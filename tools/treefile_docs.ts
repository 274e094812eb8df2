/**
 * Lines of docs/treefile.md's table, from the one definition of the fields.
 *
 * @module
 */
import { FIELDS } from "@apt-ostree/core";

const VALUES = {
  "string": "text",
  "boolean": "true or false",
  "string-list": "list",
  "scalar-map": "map",
  "any-map": "map",
  "character": "character",
} as const;

/** One line a field. */
export function fieldTable(): string {
  return Object.entries(FIELDS).map(([name, { type, text }]) =>
    `| \`${name}\` | ${VALUES[type]} | ${text} |\n`
  ).join("");
}

if (import.meta.main) console.log(fieldTable());
