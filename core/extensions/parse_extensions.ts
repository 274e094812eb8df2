import { nearestNames } from "@apt-ostree/apt";
import { ExtensionsError } from "../error.ts";
import { ARCHITECTURE_NAMES, isArchitecture } from "../treefile/architecture.ts";
import { describeSchema } from "../treefile/field_schema.ts";
import { findMisfit } from "../treefile/find_misfit.ts";
import { type LocatedYaml, parseLocatedYaml } from "../treefile/located_yaml.ts";
import {
  EXTENSION_FIELDS,
  type EXTENSION_KINDS,
  type ExtensionField,
  EXTENSIONS_FIELDS,
  REQUIRED_FIELDS,
} from "./extension_fields.ts";

/** What is done with an extension's packages. */
export type ExtensionKind = (typeof EXTENSION_KINDS)[number];

/** One extension. Plain data. */
export interface Extension {
  /** Its name. */
  readonly name: string;
  /** Packages as apt takes them. */
  readonly packages: readonly string[];
  /** What is done with them. */
  readonly kind: ExtensionKind;
  /** Package of the base whose version they have to have. */
  readonly matchBaseEvr?: string;
  /** Architectures that have it, by the kernel's or dpkg's name. @default all */
  readonly architectures?: readonly string[];
  /** Further sources. */
  readonly repos: readonly string[];
}

/** An extensions file. Plain data. */
export interface Extensions {
  /** Sources beside those of the treefile. */
  readonly repos: readonly string[];
  /** Extensions by their names' order. */
  readonly extensions: readonly Extension[];
}

/**
 * Read the text of an extensions file.
 *
 * @param path For messages.
 * @throws {ExtensionsError} `extensions/bad-file` with file, line and column.
 */
export function parseExtensions(text: string, path: string): Extensions {
  const yaml = parseLocatedYaml(text, path, {
    refuse: (place, brokenAs) =>
      refusal(
        path,
        place,
        brokenAs ?? "it is no map of fields",
        brokenAs === undefined
          ? 'The file begins like "extensions:"'
          : "The file is YAML: check indentation, colons and quotes there",
      ),
  });
  checkMap(yaml, [], yaml.content, EXTENSIONS_FIELDS);
  checkPresent(yaml, [], yaml.content, ["extensions"]);
  const found = yaml.content["extensions"] as Record<string, Record<string, unknown>>;
  const extensions = Object.keys(found).sort().map((name) => {
    checkMap(yaml, ["extensions", name], found[name]!, EXTENSION_FIELDS);
    checkPresent(yaml, ["extensions", name], found[name]!, REQUIRED_FIELDS);
    return toExtension(yaml, name, found[name]!);
  });
  return { repos: texts(yaml.content["repos"]), extensions };
}

function toExtension(
  { locate }: LocatedYaml,
  name: string,
  fields: Readonly<Record<string, unknown>>,
): Extension {
  const { packages, kind, repos } = fields;
  const architectures = fields["architectures"];
  const known = architectures === undefined ? undefined : texts(architectures);
  const odd = known?.findIndex((each) => !isArchitecture(each)) ?? -1;
  if (odd >= 0) {
    throw refusal(
      known![odd]!,
      locate(["extensions", name, "architectures", String(odd)]),
      `there is no architecture "${known![odd]}"`,
      `Architectures are ${ARCHITECTURE_NAMES.join(", ")}`,
    );
  }
  const base = fields["match-base-evr"];
  return {
    name,
    packages: texts(packages),
    kind: kind === undefined ? "os-extension" : kind as ExtensionKind,
    ...(base === undefined ? {} : { matchBaseEvr: String(base) }),
    ...(known === undefined ? {} : { architectures: known }),
    repos: texts(repos),
  };
}

function checkMap(
  { locate }: LocatedYaml,
  keys: readonly string[],
  map: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, ExtensionField>>,
): void {
  for (const [key, value] of Object.entries(map)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (!field) {
      const [near] = nearestNames(key, Object.keys(fields), 1);
      const hint = near === undefined
        ? `Fields are ${Object.keys(fields).join(", ")}`
        : `Did you mean "${near}"?`;
      throw refusal(key, locate([...keys, key]), `there is no field "${key}"`, hint);
    }
    const misfit = findMisfit(field.schema, value);
    if (!misfit) continue;
    const reason = `"${key}" has to be ${describeSchema(field.schema)}`;
    const place = locate([...keys, key, ...misfit.keys]);
    throw refusal(key, place, reason, `It is ${misfit.found}`);
  }
}

function checkPresent(
  { locate }: LocatedYaml,
  keys: readonly string[],
  map: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  const missing = names.find((name) => !Object.hasOwn(map, name));
  if (missing === undefined) return;
  const what = keys.length === 0 ? "it has" : `extension "${keys.at(-1)}" has`;
  throw refusal(
    missing,
    locate(keys),
    `${what} no ${missing}`,
    "docs/extensions.md lists all fields",
  );
}

function refusal(subject: string, place: string, reason: string, hint: string): ExtensionsError {
  return new ExtensionsError(
    "extensions/bad-file",
    `Cannot read extensions ${place}: ${reason}`,
    { subject, hint },
  );
}

function texts(value: unknown): string[] {
  return value === undefined ? [] : (value as unknown[]).map(String);
}
