/** Shape of a field's value: the part of JSON Schema that treefiles need. */
export type FieldSchema =
  | { readonly type: "boolean" }
  | { readonly type: "integer"; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: readonly ["string", "integer"] | readonly ["string", "number"] }
  | { readonly type: "string"; readonly pattern?: string; readonly enum?: readonly string[] }
  | { readonly const: unknown }
  | {
    readonly type: "array";
    readonly items?: FieldSchema;
    readonly prefixItems?: readonly FieldSchema[];
    readonly minItems?: number;
    readonly maxItems?: number;
  }
  | {
    readonly type: "object";
    readonly properties?: Readonly<Record<string, FieldSchema>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: FieldSchema | boolean;
  }
  | { readonly anyOf: readonly FieldSchema[] }
  | { readonly $ref: string };

/** Text; a number written without quotes is taken as its digits. */
export const TEXT: FieldSchema = { type: ["string", "number"] };
/** Several texts. */
export const TEXTS: FieldSchema = { type: "array", items: TEXT };
/** true or false. */
export const BOOLEAN: FieldSchema = { type: "boolean" };
/** Any map. */
export const MAP: FieldSchema = { type: "object" };

/** One of some words. */
export function words(...values: readonly string[]): FieldSchema {
  return { type: "string", enum: values };
}

/** What a value has to be, in words, for example `a list of texts`. */
export function describeSchema(schema: FieldSchema): string {
  if ("$ref" in schema) return "a treefile";
  if ("const" in schema) return JSON.stringify(schema.const);
  if ("anyOf" in schema) return schema.anyOf.map(describeSchema).join(" or ");
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return "a whole number";
    case "string":
      if (schema.pattern === ASCII_CHARACTER) return "one ASCII character";
      return schema.enum ? `one of ${schema.enum.join(", ")}` : "text";
    case "object":
      if (schema.required) return `a map with ${schema.required.join(", ")}`;
      return schema.properties ? `a map of ${Object.keys(schema.properties).join(", ")}` : "a map";
    case "array":
      if (schema.prefixItems) return "a pair";
      return `a list${schema.items ? ` of ${plural(describeSchema(schema.items))}` : ""}`;
    default:
      return "text";
  }
}

/**
 * A value in which numbers that stand for text are as they are written: `24.10` is not `24.1`.
 *
 * @param digits A number as it is written, by the keys that lead to it.
 */
export function withDigits(
  schema: FieldSchema,
  value: unknown,
  digits: (keys: readonly string[]) => string | undefined,
): unknown {
  if (typeof value === "number") return isText(schema) ? digits([]) ?? value : value;
  if (typeof value !== "object" || value === null) return value;
  if ("anyOf" in schema) {
    return schema.anyOf.reduce((each, one) => withDigits(one, each, digits), value as unknown);
  }
  const part = (key: string, one: FieldSchema | undefined, inner: unknown) =>
    one ? withDigits(one, inner, (keys) => digits([key, ...keys])) : inner;
  if (!("type" in schema)) return value;
  if (schema.type === "array" && Array.isArray(value)) {
    return value.map((item, at) => part(`${at}`, schema.prefixItems?.[at] ?? schema.items, item));
  }
  if (schema.type !== "object" || Array.isArray(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const others = typeof additionalProperties === "object" ? additionalProperties : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, part(key, properties[key] ?? others, inner)]),
  );
}

function isText(schema: FieldSchema): boolean {
  return "type" in schema && Array.isArray(schema.type);
}

/** Matches one character. */
export const ASCII_CHARACTER = "^[\\x00-\\x7f]$";

function plural(text: string): string {
  const known: Readonly<Record<string, string>> = {
    "text": "texts",
    "a pair": "pairs",
    "a map": "maps",
    "text or a map": "texts or maps",
    "text or a treefile": "paths or treefiles",
  };
  return known[text] ?? text.replace(/^an? (\w+)/, "$1s");
}
