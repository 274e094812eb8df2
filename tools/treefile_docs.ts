/**
 * What the documentation says about treefiles, from the one definition of the fields: lines of the table
 * in docs/treefile.md, or with `--schema` the text of docs/treefile.schema.json.
 *
 * @module
 */
import { describeSchema, FIELDS, treefileSchema } from "@apt-ostree/core";

/** One line a field. */
export function fieldTable(): string {
  return Object.entries(FIELDS).map(([name, { schema, text }]) =>
    `| \`${name}\` | ${describeSchema(schema).replace(/^an? /, "")} | ${text} |\n`
  ).join("");
}

/** The published schema. */
export function schemaText(): string {
  return `${JSON.stringify(treefileSchema(), null, 2)}\n`;
}

if (import.meta.main) console.log(Deno.args.includes("--schema") ? schemaText() : fieldTable());
