import { createHash } from "node:crypto";
import { dirname, resolve } from "@std/path";
import { nearestNames } from "@apt-ostree/apt";
import { LineCounter, parseDocument, type YAMLMap } from "yaml";
import { dpkgArchitecture, isArchitecture } from "./architecture.ts";
import { TreefileError } from "./error.ts";
import { type FieldDefinition, type FieldName, FIELDS, UNSUPPORTED_FIELDS } from "./fields.ts";
import { splitWords } from "./split_words.ts";
import type { Treefile } from "./treefile.ts";

/** A treefile and what it was made of. */
export interface ReadTreefile {
  /** The treefile. */
  readonly treefile: Treefile;
  /** Directory of the outermost file, where `repos` are looked for. */
  readonly directory: string;
  /** SHA-256 over all that the treefile says, the same for the same meaning. */
  readonly digest: string;
}

/** How deep includes may nest. */
const MAX_DEPTH = 50;

/** Fields as read and merged, by name. */
type Fields = Map<FieldName, unknown>;

/**
 * Read a treefile with all that it includes.
 *
 * @param path A `.yaml` or `.yml` file, in which unknown fields are an error, or JSON, in which they
 * are not.
 * @param basearch The kernel's name of the architecture to compose for.
 * @throws {TreefileError} With file, line and column.
 */
export function readTreefile(path: string, basearch: string): ReadTreefile {
  const layers: string[][] = [];
  const fields = readFile(resolve(path), basearch, [], layers);
  const treefile = toTreefile(fields, layers, basearch, path);
  const digest = createHash("sha256").update(JSON.stringify(treefile)).digest("hex");
  return { treefile, directory: dirname(resolve(path)), digest };
}

function readFile(
  path: string,
  basearch: string,
  chain: readonly string[],
  layers: string[][],
): Fields {
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
  const own = parseFields(readText(path, chain), path, basearch);
  const merged: Fields = new Map();
  for (const include of own.get("include") as string[] ?? []) {
    mergeInto(
      merged,
      readFile(resolve(dirname(path), include), basearch, [...chain, path], layers),
    );
  }
  own.delete("include");
  layers.push(own.get("packages") as string[] ?? []);
  return mergeInto(merged, own);
}

function readText(path: string, chain: readonly string[]): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const from = chain.length > 0 ? `, which "${chain.at(-1)}" includes` : "";
    const why = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : String(cause).replace(/^\w+: /, "");
    throw new TreefileError("treefile/not-found", `Cannot read treefile "${path}"${from}: ${why}`, {
      subject: path,
      hint: "Check the path; examples are in examples/",
      cause,
    });
  }
}

/** Later values over earlier ones, by each field's rule. */
function mergeInto(base: Fields, over: Fields): Fields {
  for (const [name, value] of over) {
    const rule = FIELDS[name].merge;
    const before = base.get(name);
    if (rule === "list") base.set(name, [...(before as unknown[] ?? []), ...(value as unknown[])]);
    else if (rule === "map") base.set(name, { ...(before as object ?? {}), ...(value as object) });
    else base.set(name, value);
  }
  return base;
}

function parseFields(text: string, path: string, basearch: string): Fields {
  const strict = /\.ya?ml$/.test(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error) {
    throw new TreefileError(
      "treefile/syntax",
      `Cannot read treefile ${place(error.pos[0])}: ${error.message.split("\n")[0]}`,
      {
        subject: path,
        hint: "The file is YAML: check indentation, colons and quotes there",
      },
    );
  }
  const content = document.contents as
    | YAMLMap<{ value: unknown; range: [number, number, number] }, unknown>
    | null;
  if (!content || !("items" in content) || content.constructor.name !== "YAMLMap") {
    throw new TreefileError(
      "treefile/syntax",
      `Cannot read treefile ${path}:1:1: it is no map of fields`,
      {
        subject: path,
        hint: 'A treefile begins like "packages: [apt]"',
      },
    );
  }
  const fields: Fields = new Map();
  for (const { key, value } of content.items) {
    const name = String(key.value);
    const at = place(key.range[0]);
    const plain = (value as { toJS(doc: unknown): unknown } | null)?.toJS(document) ?? null;
    readField(fields, name, plain, at, basearch, strict);
  }
  return fields;
}

function readField(
  fields: Fields,
  name: string,
  value: unknown,
  place: string,
  basearch: string,
  strict: boolean,
): void {
  const architecture = /^packages-(.+)$/.exec(name)?.[1];
  if (architecture !== undefined && isArchitecture(architecture)) {
    const list = checkValue(name, FIELDS["packages-ARCH"], value, place) as string[];
    if (architecture !== basearch && architecture !== dpkgArchitecture(basearch)) return;
    fields.set("packages", [...(fields.get("packages") as string[] ?? []), ...list]);
    return;
  }
  if (UNSUPPORTED_FIELDS.includes(name)) {
    throw new TreefileError(
      "treefile/unsupported-field",
      `Cannot use field "${name}" at ${place}: this version does not know what to do with it`,
      {
        subject: name,
        hint: "Leave it out; docs/treefile.md lists the fields that work",
      },
    );
  }
  const definition = Object.hasOwn(FIELDS, name) && name !== "packages-ARCH"
    ? FIELDS[name as FieldName]
    : undefined;
  if (!definition) {
    if (!strict) return;
    const near = nearestNames(name, Object.keys(FIELDS), 1);
    throw new TreefileError(
      "treefile/unknown-field",
      `Cannot read treefile ${place}: there is no field "${name}"`,
      {
        subject: name,
        hint: near.length > 0 ? `Did you mean "${near[0]}"?` : "docs/treefile.md lists all fields",
      },
    );
  }
  const read = checkValue(name, definition, value, place);
  const before = name === "packages" ? fields.get("packages") as string[] ?? [] : [];
  fields.set(name as FieldName, name === "packages" ? [...before, ...(read as string[])] : read);
}

function checkValue(
  name: string,
  { type }: FieldDefinition,
  value: unknown,
  place: string,
): unknown {
  const isText = (item: unknown) => typeof item === "string" || typeof item === "number";
  switch (type) {
    case "string":
      if (isText(value)) return String(value);
      break;
    case "character":
      // deno-lint-ignore no-control-regex
      if (typeof value === "string" && /^[\x00-\x7f]$/.test(value)) return value;
      break;
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
    case "string-list": {
      const list = name === "include" && isText(value) ? [value] : value;
      if (Array.isArray(list) && list.every(isText)) return list.map(String);
      break;
    }
    case "scalar-map":
    case "any-map":
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
      break;
  }
  throw new TreefileError(
    "treefile/bad-value",
    `Cannot read treefile ${place}: "${name}" has to be ${WANTED[type]}`,
    {
      subject: name,
      hint: `It is ${JSON.stringify(value)?.slice(0, 80) ?? "nothing"}`,
    },
  );
}

const WANTED: Readonly<Record<FieldDefinition["type"], string>> = {
  "string": "text",
  "character": "one ASCII character",
  "boolean": "true or false",
  "string-list": "a list of texts",
  "scalar-map": "a map",
  "any-map": "a map",
};

function toTreefile(
  fields: Fields,
  layers: readonly (readonly string[])[],
  basearch: string,
  path: string,
): Treefile {
  const given = fields.get("basearch");
  if (given !== undefined && given !== basearch) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot use treefile "${path}" here: it is for ${given}, and this machine is ${basearch}`,
      { subject: "basearch", hint: "Compose it on a machine of that architecture" },
    );
  }
  const variables = new Map<string, string>([
    ["basearch", basearch],
    ["arch", dpkgArchitecture(basearch)],
  ]);
  for (const [name, value] of Object.entries(fields.get("variables") as object ?? {})) {
    if (variables.has(name)) {
      throw new TreefileError(
        "treefile/bad-value",
        `Cannot read treefile "${path}": variable "${name}" is set by apt-ostree`,
        {
          subject: name,
          hint: "Choose another name",
        },
      );
    }
    variables.set(name, String(value));
  }
  const text = (name: FieldName) => {
    const value = fields.get(name) as string | undefined;
    return value === undefined ? undefined : substitute(value, variables, path);
  };
  const list = (name: FieldName) => fields.get(name) as string[] ?? [];
  const optional = <K extends string>(key: K, value: string | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
  const metadata = fields.get("add-commit-metadata") as Record<string, unknown> ?? {};
  return {
    ...optional("ref", text("ref")),
    packages: words(list("packages"), "packages", path),
    packageLayers: layers.map((layer) => words(layer, "packages", path)).filter((layer) =>
      layer.length > 0
    ),
    excludePackages: words(list("exclude-packages"), "exclude-packages", path),
    ...(fields.has("repos") ? { repos: list("repos") } : {}),
    recommends: fields.get("recommends") as boolean ?? true,
    documentation: fields.get("documentation") as boolean ?? true,
    units: list("units"),
    ...optional("defaultTarget", fields.get("default-target") as string | undefined),
    postprocess: list("postprocess"),
    addCommitMetadata: Object.fromEntries(
      Object.entries(metadata).map((
        [key, value],
      ) => [key, typeof value === "string" ? substitute(value, variables, path) : value]),
    ),
    ...optional("snapshot", text("snapshot")),
    ...optional("automaticVersionPrefix", text("automatic-version-prefix")),
    automaticVersionSuffix: fields.get("automatic-version-suffix") as string ?? ".",
    metadata: fields.get("metadata") as Record<string, unknown> ?? {},
  };
}

/** Replace `${name}` and `${name:-default}`. */
function substitute(text: string, variables: ReadonlyMap<string, string>, path: string): string {
  return text.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, name: string, fallback?: string) => {
      const value = variables.get(name) ?? fallback;
      if (value !== undefined) return value;
      throw new TreefileError(
        "treefile/unknown-variable",
        `Cannot read treefile "${path}": there is no variable "${name}"`,
        {
          subject: name,
          hint: `Set it under variables:, or use one of ${[...variables.keys()].join(", ")}`,
        },
      );
    },
  );
}

function words(items: readonly string[], name: string, path: string): string[] {
  const all = items.flatMap((item) => {
    const split = splitWords(item);
    if (split) return split;
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot read treefile "${path}": a quote is not closed in ${name}: ${item}`,
      {
        subject: name,
        hint: "Close the quote",
      },
    );
  });
  return [...new Set(all)];
}
