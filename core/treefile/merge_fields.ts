import { dirname, resolve } from "@std/path";
import { dpkgArchitecture } from "./architecture.ts";
import { evaluateCondition, type VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";
import { type FieldName, FIELDS } from "./fields.ts";
import { type ParsedFields, parseFields, readFields } from "./parse_fields.ts";
import type { TreefileFile } from "./treefile.ts";

/** The fields of a treefile and of all that it includes. */
export interface MergedFields {
  /** Values by field. */
  readonly values: ReadonlyMap<FieldName, unknown>;
  /** Items of `packages` by the file that has them, included files first. */
  readonly packageLayers: readonly (readonly string[])[];
  /** Fields that have no effect here, and why. */
  readonly warnings: readonly string[];
}

/** How deep includes may nest. */
const MAX_DEPTH = 50;

/**
 * Read a treefile with all that it includes: `include` first, then `arch-include`, then
 * `conditional-include`, each relative to the file that names it.
 *
 * Conditions see the variables of the file, of what it has included so far, and of the files that
 * include it, which win.
 *
 * @throws {TreefileError} With file, line, column and the files that include it.
 */
export function mergeFields(path: string, basearch: string): MergedFields {
  const reader = new Reader(basearch);
  const values = reader.file(resolve(path), [], new Map());
  return { values, packageLayers: reader.layers, warnings: reader.warnings };
}

type Variables = ReadonlyMap<string, VariableValue>;

class Reader {
  readonly layers: string[][] = [];
  readonly warnings: string[] = [];
  readonly #basearch: string;

  constructor(basearch: string) {
    this.#basearch = basearch;
  }

  /** @param chain Files that include this one, the outermost first. */
  file(path: string, chain: readonly string[], outer: Variables): Map<FieldName, unknown> {
    if (chain.length > MAX_DEPTH) {
      throw new TreefileError(
        "treefile/include-depth",
        `Cannot read "${chain[0]}": includes nest over ${MAX_DEPTH} deep`,
        {
          subject: path,
          hint: `The last ones are ${chain.slice(-3).join(", ")}: do they include one another?`,
        },
      );
    }
    const includedBy = chain.toReversed().map((each) => `, which "${each}" includes`).join("");
    const text = readText(path, includedBy);
    const parsed = parseFields(text, path, this.#basearch, { includedBy });
    return this.#fields(parsed, path, chain, outer);
  }

  #fields(
    parsed: ParsedFields,
    path: string,
    chain: readonly string[],
    outer: Variables,
  ): Map<FieldName, unknown> {
    const { values: own, context } = parsed;
    const merged = new Map<FieldName, unknown>();
    const known = () =>
      new Map([
        ["basearch", this.#basearch],
        ["arch", dpkgArchitecture(this.#basearch)],
        ...variablesOf(merged),
        ...variablesOf(own),
        ...outer,
      ]);
    const include = (what: unknown, keys: readonly string[]) => {
      const items = Array.isArray(what)
        ? what.map((item, at) => ({ item, keys: [...keys, `${at}`] }))
        : [{ item: what, keys }];
      for (const { item, keys } of items) {
        const below = new Map([...variablesOf(own), ...outer]);
        if (typeof item !== "object") {
          const place = resolve(dirname(path), String(item));
          mergeInto(merged, this.file(place, [...chain, path], below));
          continue;
        }
        const locate = (inner: readonly string[]) => context.locate([...keys, ...inner]);
        const inline = readFields(item as Record<string, unknown>, { ...context, locate });
        mergeInto(merged, this.#fields(inline, path, chain, below));
      }
    };
    this.warnings.push(...parsed.warnings);
    if (own.has("include")) include(own.get("include"), ["include"]);
    for (const [arch, what] of Object.entries(own.get("arch-include") as object ?? {})) {
      if (arch !== this.#basearch && arch !== dpkgArchitecture(this.#basearch)) continue;
      include(what, ["arch-include", arch]);
    }
    const conditional = own.get("conditional-include") as Conditional[] | undefined ?? [];
    for (const [at, { if: conditions, include: what }] of conditional.entries()) {
      const keys = ["conditional-include", `${at}`];
      const place = context.locate([...keys, "if"]);
      const holds = [conditions].flat().every((each) =>
        evaluateCondition(String(each), known(), place)
      );
      if (holds) include(what, [...keys, "include"]);
    }
    this.layers.push(
      ["bootstrap-packages", "packages"].flatMap((name) =>
        (own.get(name as FieldName) as unknown[] | undefined ?? []).map(String)
      ),
    );
    for (const name of own.keys()) if (FIELDS[name].merge === "file") own.delete(name);
    findFiles(own, dirname(path));
    return mergeInto(merged, own);
  }
}

/** Files lie beside the treefile that names them. */
function findFiles(fields: Map<FieldName, unknown>, directory: string): void {
  const file = (name: unknown): TreefileFile => ({ path: resolve(directory, String(name)) });
  const edit = <T>(name: FieldName, change: (value: T) => unknown) => {
    if (fields.has(name)) fields.set(name, change(fields.get(name) as T));
  };
  edit("postprocess-script", file);
  edit<[unknown, unknown][]>("add-files", (list) => list.map(([from, to]) => [file(from), to]));
  edit<Record<string, unknown>[]>("sign", (list) =>
    list.map((key) => ({
      ...key,
      ...("gpg" in key ? { gpg: String(key["gpg"]) } : {}),
      ...("homedir" in key ? { homedir: file(key["homedir"]) } : {}),
      ...("ed25519" in key ? { ed25519: file(key["ed25519"]) } : {}),
    })));
  for (const name of ["check-passwd", "check-groups"] as const) {
    edit<{ filename?: unknown }>(
      name,
      (check) => "filename" in check ? { ...check, filename: file(check.filename) } : check,
    );
  }
}

interface Conditional {
  readonly if: unknown;
  readonly include: unknown;
}

function variablesOf(fields: ReadonlyMap<FieldName, unknown>): [string, VariableValue][] {
  const own = Object.entries(fields.get("variables") as Record<string, VariableValue> ?? {});
  const release = fields.get("releasever") as string | number | undefined;
  return release === undefined ? own : [...own, ["releasever", release]];
}

function readText(path: string, includedBy: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : String(cause).replace(/^\w+: /, "");
    throw new TreefileError(
      "treefile/not-found",
      `Cannot read treefile "${path}"${includedBy}: ${why}`,
      {
        subject: path,
        hint: "Check the path; examples are in examples/",
        cause,
      },
    );
  }
}

/** Later values over earlier ones, by each field's rule. */
function mergeInto(
  base: Map<FieldName, unknown>,
  over: ReadonlyMap<FieldName, unknown>,
): Map<FieldName, unknown> {
  for (const [name, value] of over) {
    const { merge } = FIELDS[name];
    const before = base.get(name);
    if (merge === "list") base.set(name, [...(before as unknown[] ?? []), ...(value as unknown[])]);
    else if (merge === "map") base.set(name, { ...(before as object ?? {}), ...(value as object) });
    else base.set(name, value);
  }
  return base;
}
