import { ARCHITECTURE_NAMES } from "./architecture.ts";
import { FIELDS } from "./fields.ts";
import { OLD_SPELLINGS } from "./other_names.ts";

/**
 * The JSON Schema of treefiles, with which editors complete and check them.
 *
 * @returns A schema of draft 2020-12; unknown fields do not fit it.
 */
export function treefileSchema(): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, { schema, text }] of Object.entries(FIELDS)) {
    if (name !== "packages-ARCH") properties[name] = { description: text, ...schema };
  }
  for (const [old, name] of Object.entries(OLD_SPELLINGS)) {
    properties[old] = {
      description: `Old spelling of ${name}.`,
      deprecated: true,
      ...FIELDS[name].schema,
    };
  }
  const { schema, text } = FIELDS["packages-ARCH"];
  return {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.org/apt-ostree/treefile.schema.json",
    "title": "Treefile of apt-ostree compose",
    "type": "object",
    properties,
    "patternProperties": {
      [`^packages-(${ARCHITECTURE_NAMES.join("|")})$`]: { description: text, ...schema },
    },
    "additionalProperties": false,
  };
}
