import { nearestNames } from "@apt-ostree/apt";
import { dpkgArchitecture, isArchitecture } from "./architecture.ts";
import { TreefileError } from "./error.ts";
import { type FieldPlaces, joinPlaces, placesOf } from "./field_places.ts";
import { describeSchema, withDigits } from "./field_schema.ts";
import { type FieldDefinition, type FieldName, FIELDS } from "./fields.ts";
import { findMisfit } from "./find_misfit.ts";
import { parseKickstart } from "./kickstart.ts";
import { parseLocatedYaml } from "./located_yaml.ts";
import { DERIVE_FIELDS, OLD_SPELLINGS } from "./other_names.ts";

/** Fields as one file has them, old spellings and packages of this architecture put in place. */
export interface ParsedFields {
  /** Values by field. */
  readonly values: Map<FieldName, unknown>;
  /** Places of the fields for messages. */
  readonly places: Map<FieldName, FieldPlaces>;
  /** Fields that have no effect here, and why. */
  readonly warnings: readonly string[];
  /** How they were read: treefiles in place of includes are read the same way. */
  readonly context: FieldsContext;
}

/**
 * Read the fields of one treefile; what it includes is not looked at.
 *
 * @param path Decides the form: `.yaml` and `.yml` are YAML, in which unknown fields are an error, `.ks`
 * is kickstart, all else JSON, in which unknown fields are left alone.
 * @param options.includedBy What messages say about the files that include this one. @default {""}
 * @throws {TreefileError} With file, line and column.
 */
export function parseFields(
  text: string,
  path: string,
  basearch: string,
  options: { readonly includedBy?: string } = {},
): ParsedFields {
  const { includedBy = "" } = options;
  if (path.endsWith(".ks")) return kickstartFields(text, path, basearch, includedBy);
  const strict = /\.ya?ml$/.test(path);
  const { content, locate: position, digits } = parseLocatedYaml(text, path, {
    refuse: (place, brokenAs) => refuseFile(path, `${place}${includedBy}`, brokenAs),
  });
  const locate = (keys: readonly string[]) => `${position(keys)}${includedBy}`;
  return readFields(content, { basearch, strict, position, locate, digits });
}

function refuseFile(path: string, place: string, brokenAs: string | undefined): TreefileError {
  return new TreefileError(
    "treefile/syntax",
    `Cannot read treefile ${place}: ${brokenAs ?? "it is no map of fields"}`,
    {
      subject: path,
      hint: brokenAs === undefined
        ? 'A treefile begins like "packages: [apt]"'
        : "The file is YAML: check indentation, colons and quotes there",
    },
  );
}

/** How a map of fields is read. */
export interface FieldsContext {
  readonly basearch: string;
  /** Whether unknown fields are an error. */
  readonly strict: boolean;
  /** File, line and column of a value, by the keys that lead to it. */
  readonly position: (keys: readonly string[]) => string;
  /** The same, and the files that include this one. */
  readonly locate: (keys: readonly string[]) => string;
  /** A number as it is written. */
  readonly digits: (keys: readonly string[]) => string | undefined;
}

/** Read a map of fields: a whole treefile, or one written in place of an include. */
export function readFields(
  content: Readonly<Record<string, unknown>>,
  context: FieldsContext,
): ParsedFields {
  const values = new Map<FieldName, unknown>();
  const places = new Map<FieldName, FieldPlaces>();
  const warnings: string[] = [];
  const spelled = new Map<FieldName, string>();
  for (const [key, value] of Object.entries(content)) {
    const place = context.locate([key]);
    const found = findField(key, place, context);
    if (!found) continue;
    const { name, definition, applies } = found;
    const before = spelled.get(name);
    if (before !== undefined && !key.startsWith("packages")) {
      throw new TreefileError(
        "treefile/bad-value",
        `Cannot read treefile ${place}: "${before}" and "${key}" mean the same`,
        { subject: key, hint: `Use "${name}" alone` },
      );
    }
    checkValue(key, definition, value, context);
    if (!applies) continue;
    spelled.set(name, key);
    places.set(name, joinPlaces(places.get(name), placesOf(value, [key], context.locate)));
    if (definition.noEffect !== undefined) {
      warnings.push(`"${key}" at ${place} has no effect: ${definition.noEffect}`);
    }
    const written = name === "releasever"
      ? value // conditions compare it as a number
      : withDigits(definition.schema, value, (keys) => context.digits([key, ...keys]));
    const earlier = name === "packages" ? values.get(name) as unknown[] ?? [] : [];
    values.set(name, name === "packages" ? [...earlier, ...written as unknown[]] : written);
  }
  return { values, places, warnings, context };
}

function findField(
  key: string,
  place: string,
  { basearch, strict }: FieldsContext,
): { name: FieldName; definition: FieldDefinition; applies: boolean } | undefined {
  const architecture = /^packages-(.+)$/.exec(key)?.[1];
  if (architecture !== undefined && isArchitecture(architecture)) {
    const applies = architecture === basearch || architecture === dpkgArchitecture(basearch);
    return { name: "packages", definition: FIELDS["packages-ARCH"], applies };
  }
  const name = OLD_SPELLINGS[key] ?? key;
  if (Object.hasOwn(FIELDS, name) && name !== "packages-ARCH") {
    return { name: name as FieldName, definition: FIELDS[name as FieldName], applies: true };
  }
  if (DERIVE_FIELDS.includes(key)) {
    throw new TreefileError(
      "treefile/derive-field",
      `Cannot use field "${key}" at ${place}: it belongs to a host's origin, not to a compose`,
      { subject: key, hint: "Leave it out" },
    );
  }
  if (!strict) return undefined;
  const near = nearestNames(key, Object.keys(FIELDS), 1);
  throw new TreefileError(
    "treefile/unknown-field",
    `Cannot read treefile ${place}: there is no field "${key}"`,
    {
      subject: key,
      hint: near.length > 0 ? `Did you mean "${near[0]}"?` : "docs/treefile.md lists all fields",
    },
  );
}

function checkValue(
  key: string,
  { schema, text }: FieldDefinition,
  value: unknown,
  { locate }: FieldsContext,
): void {
  const misfit = findMisfit(schema, value);
  if (!misfit) return;
  const place = locate([key, ...misfit.keys]);
  throw new TreefileError(
    "treefile/bad-value",
    `Cannot read treefile ${place}: "${key}" has to be ${describeSchema(schema)}`,
    { subject: key, hint: `It is ${misfit.found}. ${text}` },
  );
}

function kickstartFields(
  text: string,
  path: string,
  basearch: string,
  includedBy: string,
): ParsedFields {
  const { include, packages, excludePackages, excludeWeakdeps } = parseKickstart(
    text,
    path,
    includedBy,
  );
  const values = new Map<FieldName, unknown>([["packages", packages]]);
  if (include.length > 0) values.set("include", include);
  if (excludePackages.length > 0) values.set("exclude-packages", excludePackages);
  if (excludeWeakdeps) values.set("recommends", false);
  const locate = () => `${path}${includedBy}`;
  const places = new Map(
    [...values].map(([name, value]) => [name, placesOf(value, [name], locate)] as const),
  );
  const position = () => path;
  const context = { basearch, strict: true, position, locate, digits: () => undefined };
  return { values, places, warnings: [], context };
}
