/**
 * What the documentation says about treefiles, from the one definition of the fields: lines of the table
 * in docs/treefile.md, or with `--schema` the text of docs/treefile.schema.json.
 *
 * @module
 */
import { describeSchema, TREEFILE_FIELDS, treefileSchema } from "@apt-ostree/core";

/** One line a field. */
export function fieldTable(): string {
  return Object.entries(TREEFILE_FIELDS).map(([name, { schema, text }]) =>
    `| \`${name}\` | ${cell(describeSchema(schema))} | ${text} |\n`
  ).join("");
}

/** A shape in few words: long lists stand in their own documents. */
function cell(shape: string): string {
  return shape.replace(/^an? /, "").replace(/ of (\S+, ){6}.*$/, "");
}

/** The published schema. */
export function schemaText(): string {
  return `${JSON.stringify(treefileSchema(), null, 2)}\n`;
}

if (import.meta.main) console.log(Deno.args.includes("--schema") ? schemaText() : fieldTable());
