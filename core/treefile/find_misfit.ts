import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { FieldSchema } from "./field_schema.ts";

/** A part of a value that its schema does not allow. */
export interface Misfit {
  /** Keys that lead to the innermost part that is wrong. */
  readonly keys: readonly string[];
  /** What is there, as JSON, shortened. */
  readonly found: string;
}

const ajv = new Ajv2020({ allErrors: false, allowUnionTypes: true });
const validators = new Map<FieldSchema, ValidateFunction>();

/** Compare a value with the schema of its field. @returns `undefined` where it fits. */
export function findMisfit(schema: FieldSchema, value: unknown): Misfit | undefined {
  let validate = validators.get(schema);
  if (!validate) {
    // A treefile in place of an include is read by itself: here it is any map.
    const local = JSON.parse(
      JSON.stringify(schema).replaceAll('{"$ref":"#"}', '{"type":"object"}'),
    );
    validators.set(schema, validate = ajv.compile(local));
  }
  if (validate(value)) return undefined;
  const keys = deepest(validate.errors ?? []);
  const part = keys.reduce<unknown>((at, each) => (at as Record<string, unknown>)?.[each], value);
  return { keys, found: JSON.stringify(part)?.slice(0, 80) ?? "nothing" };
}

/** Keys that lead to the innermost value that is wrong. */
function deepest(errors: readonly ErrorObject[]): string[] {
  const paths = errors.map(({ instancePath }) => instancePath.split("/").slice(1));
  return paths.reduce((a, b) => b.length > a.length ? b : a, []);
}
