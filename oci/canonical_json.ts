import { OciError } from "./error.ts";

/**
 * Bytes of a value as JSON: keys sorted by code units, no white space, so that a digest depends on the
 * content alone. Keys whose value is `undefined` are left out.
 *
 * @param value Maps, lists, texts, numbers and truths, as JSON has them.
 */
export function canonicalJson(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(sorted(value)));
}

/**
 * Read JSON that is one map.
 *
 * @param subject Name for messages.
 * @throws {OciError} `oci/bad-json`.
 */
export function parseJsonMap(bytes: Uint8Array, subject: string): Record<string, unknown> {
  let value: unknown;
  let found = "it is no map";
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    found = error.message;
  }
  if (isMap(value)) return value;
  throw new OciError("oci/bad-json", `Cannot read "${subject}": ${found}`, {
    subject,
    hint: "It is one map in JSON",
  });
}

/** Whether a value of JSON is a map. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value of JSON is a map of texts. */
export function isTextMap(value: unknown): value is Record<string, string> {
  return isMap(value) && Object.values(value).every((each) => typeof each === "string");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => a < b ? -1 : 1).map(([key, each]) => [key, sorted(each)]),
  );
}
