/**
 * What the documentation says about extensions files, from the one definition of the fields: lines of
 * the table in docs/extensions.md, or with `--schema` the text of docs/extensions.schema.json.
 *
 * @module
 */
import { describeSchema, EXTENSION_FIELDS, extensionsSchema } from "@apt-ostree/core";

/** One line a field of an extension. */
export function fieldTable(): string {
  return Object.entries(EXTENSION_FIELDS).map(([name, { schema, text }]) =>
    `| \`${name}\` | ${describeSchema(schema).replace(/^an? /, "")} | ${text} |\n`
  ).join("");
}

/** The published schema. */
export function schemaText(): string {
  return `${JSON.stringify(extensionsSchema(), null, 2)}\n`;
}

if (import.meta.main) console.log(Deno.args.includes("--schema") ? schemaText() : fieldTable());
