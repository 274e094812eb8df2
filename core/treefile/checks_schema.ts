import { CHECKS } from "../checks/all_checks.ts";
import { CHECK_SEVERITIES } from "../checks/check.ts";
import { type FieldSchema, words } from "./field_schema.ts";

/** What a check's findings mean, with paths that are as they should be. */
const CHECK: FieldSchema = {
  anyOf: [
    words(...CHECK_SEVERITIES),
    {
      type: "object",
      properties: {
        severity: words(...CHECK_SEVERITIES),
        allow: { type: "array", items: { type: "string", pattern: "^/" } },
      },
      additionalProperties: false,
    },
  ],
};

/** What the field `checks` may be. */
export const CHECKS_MAP: FieldSchema = {
  type: "object",
  properties: Object.fromEntries(CHECKS.map(({ name }) => [name, CHECK])),
  additionalProperties: false,
};
