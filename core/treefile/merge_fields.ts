import { dirname, resolve } from "@std/path";
import { dpkgArchitecture } from "./architecture.ts";
import { evaluateCondition, type VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";
import { type FieldPlaces, joinPlaces } from "./field_places.ts";
import { type FieldName, FIELDS } from "./fields.ts";
import { type FieldsContext, type ParsedFields, parseFields, readFields } from "./parse_fields.ts";
import type { TreefileFile } from "./treefile.ts";

/** The fields of a treefile and of all that it includes. */
export interface MergedFields {
  /** Values by field. */
  readonly values: ReadonlyMap<FieldName, unknown>;
  /** Places of the fields. */
  readonly places: ReadonlyMap<FieldName, FieldPlaces>;
  /** Places where files are named, by their paths. */
  readonly filePlaces: ReadonlyMap<string, string>;
  /** Items of `packages` by the file that has them, included files first, and where they stand. */
  readonly packageLayers: readonly (readonly PlacedText[])[];
  /** `releasever` as it is written. */
  readonly releasever: string | undefined;
  /** Fields that have no effect here, and why. */
  readonly warnings: readonly string[];
}

/** A text of a treefile, and where it stands. */
export interface PlacedText {
  readonly text: string;
  readonly place: string;
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
  const { values, places } = reader.file(resolve(path), [], new Map());
  const { layers: packageLayers, warnings, filePlaces, releasever } = reader;
  return { values, places, filePlaces, packageLayers, releasever, warnings };
}

type Variables = ReadonlyMap<string, VariableValue>;

/** Fields of one file, or of several. */
interface PlacedFields {
  readonly values: Map<FieldName, unknown>;
  readonly places: Map<FieldName, FieldPlaces>;
}

/** A file that includes another, and where it says so. */
interface Including {
  readonly path: string;
  /** File, line and column. */
  readonly position: string;
}

class Reader {
  readonly layers: PlacedText[][] = [];
  readonly warnings: string[] = [];
  readonly filePlaces = new Map<string, string>();
  releasever: string | undefined;
  readonly #basearch: string;

  constructor(basearch: string) {
    this.#basearch = basearch;
  }

  /** @param chain Files that include this one, the outermost first. */
  file(path: string, chain: readonly Including[], outer: Variables): PlacedFields {
    if (chain.length > MAX_DEPTH) throw tooDeep(path, chain);
    const includedBy = chain.toReversed()
      .map(({ position }) => `, which "${position}" includes`).join("");
    const text = readText(path, includedBy);
    const parsed = parseFields(text, path, this.#basearch, { includedBy });
    return this.#fields(parsed, path, chain, outer);
  }

  #fields(
    parsed: ParsedFields,
    path: string,
    chain: readonly Including[],
    outer: Variables,
  ): PlacedFields {
    const { values: own, places, context } = parsed;
    const merged: PlacedFields = { values: new Map(), places: new Map() };
    const known = () =>
      new Map([
        ["basearch", this.#basearch],
        ["arch", dpkgArchitecture(this.#basearch)],
        ...variablesOf(merged.values),
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
          const including = { path, position: context.position(keys) };
          mergeInto(merged, this.file(place, [...chain, including], below));
          continue;
        }
        const inline = readFields(item as Record<string, unknown>, contextBelow(context, keys));
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
      (["bootstrap-packages", "packages"] as const).flatMap((name) =>
        (own.get(name) as unknown[] | undefined ?? []).map((item, at) => ({
          text: String(item),
          place: places.get(name)!.items[at]!,
        }))
      ),
    );
    if (own.has("releasever")) {
      this.releasever = context.digits(["releasever"]) ?? String(own.get("releasever"));
    }
    for (const name of own.keys()) if (FIELDS[name].merge === "file") own.delete(name);
    const directory = dirname(path);
    findFiles(own, (named, place) => {
      const file = resolve(directory, String(named));
      this.filePlaces.set(file, context.locate(place));
      return { path: file };
    });
    return mergeInto(merged, parsed);
  }
}

/** How a treefile is read that is written in place of an include. */
function contextBelow(context: FieldsContext, keys: readonly string[]): FieldsContext {
  const { position, locate, digits } = context;
  return {
    ...context,
    position: (inner) => position([...keys, ...inner]),
    locate: (inner) => locate([...keys, ...inner]),
    digits: (inner) => digits([...keys, ...inner]),
  };
}

function tooDeep(path: string, chain: readonly Including[]): TreefileError {
  const last = chain.at(-1)!.path;
  const at = chain.slice(0, -1).findLastIndex((each) => each.path === last);
  const round = chain.slice(at, -1).map(({ position }) => `"${position}" includes `);
  const what = at < 0 ? `nest over ${MAX_DEPTH} deep` : `go round: ${round.join("")}"${last}"`;
  return new TreefileError(
    "treefile/include-depth",
    `Cannot read treefile "${chain[0]!.path}": includes ${what}`,
    { subject: path, hint: "Take one of the includes out" },
  );
}

/** Files lie beside the treefile that names them. @param file Finds one, named at some keys. */
function findFiles(
  fields: Map<FieldName, unknown>,
  file: (named: unknown, keys: readonly string[]) => TreefileFile,
): void {
  const edit = <T>(name: FieldName, change: (value: T) => unknown) => {
    if (fields.has(name)) fields.set(name, change(fields.get(name) as T));
  };
  edit("postprocess-script", (named) => file(named, ["postprocess-script"]));
  edit<[unknown, unknown][]>(
    "add-files",
    (list) => list.map(([from, to], at) => [file(from, ["add-files", `${at}`]), to]),
  );
  edit<Record<string, unknown>[]>("sign", (list) =>
    list.map((key, at) => {
      const found = (name: string) => ({ [name]: file(key[name], ["sign", `${at}`, name]) });
      return {
        ...key,
        ...("gpg" in key ? { gpg: String(key["gpg"]) } : {}),
        ...("homedir" in key ? found("homedir") : {}),
        ...("ed25519" in key ? found("ed25519") : {}),
      };
    }));
  for (const name of ["check-passwd", "check-groups"] as const) {
    edit<{ filename?: unknown }>(name, (check) => {
      if (!("filename" in check)) return check;
      return { ...check, filename: file(check.filename, [name, "filename"]) };
    });
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
function mergeInto(base: PlacedFields, over: PlacedFields): PlacedFields {
  const { values } = base;
  for (const [name, value] of over.values) {
    const { merge } = FIELDS[name];
    const before = values.get(name);
    if (merge === "list") {
      values.set(name, [...(before as unknown[] ?? []), ...(value as unknown[])]);
    } else if (merge === "map") {
      values.set(name, { ...(before as object ?? {}), ...(value as object) });
    } else values.set(name, value);
    const joined = merge === "list" || merge === "map" ? base.places.get(name) : undefined;
    base.places.set(name, joinPlaces(joined, over.places.get(name)!));
  }
  return base;
}
