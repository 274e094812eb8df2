import { createHash } from "node:crypto";
import { dirname, resolve } from "@std/path";
import { toCheckSettings } from "../checks/check_settings.ts";
import { SBOM_FORMATS } from "../sbom/sbom_format.ts";
import { dpkgArchitecture } from "./architecture.ts";
import type { VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";
import type { FieldName } from "./fields.ts";
import { type MergedFields, mergeFields } from "./merge_fields.ts";
import { splitWords } from "./split_words.ts";
import type { Treefile } from "./treefile.ts";
import { RESERVED_VARIABLES, substitute } from "./variables.ts";

/** A treefile and what it was made of. */
export interface ReadTreefile {
  /** The treefile. */
  readonly treefile: Treefile;
  /** Directory of the outermost file, where `repos` are looked for. */
  readonly directory: string;
  /** SHA-256 over all that the treefile says, the same for the same meaning. */
  readonly digest: string;
  /** Fields that have no effect here, and why. */
  readonly warnings: readonly string[];
}

/**
 * Read a treefile with all that it includes.
 *
 * @param path A `.yaml` or `.yml` file, in which unknown fields are an error, a `.ks` file, or JSON, in
 * which they are not.
 * @param basearch The kernel's name of the architecture to compose for.
 * @throws {TreefileError} With file, line and column.
 */
export function readTreefile(path: string, basearch: string): ReadTreefile {
  const fields = mergeFields(path, basearch);
  const treefile = toTreefile(fields, basearch, path);
  const digest = createHash("sha256").update(JSON.stringify(treefile)).digest("hex");
  return { treefile, directory: dirname(resolve(path)), digest, warnings: fields.warnings };
}

function toTreefile(fields: MergedFields, basearch: string, path: string): Treefile {
  const { values } = fields;
  const given = values.get("basearch");
  if (given !== undefined && given !== basearch) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot use treefile "${path}" here: it is for ${given}, and this machine is ${basearch}`,
      { subject: "basearch", hint: "Compose it on a machine of that architecture" },
    );
  }
  const variables = allVariables(values, basearch, path);
  const plain = (name: FieldName) => {
    const value = values.get(name) as string | number | undefined;
    return value === undefined ? undefined : String(value);
  };
  const text = (name: FieldName) => {
    const value = plain(name);
    return value === undefined ? undefined : substitute(value, variables, path);
  };
  const list = (name: FieldName) => (values.get(name) as unknown[] | undefined ?? []).map(String);
  const map = (name: FieldName) => values.get(name) as Record<string, unknown> | undefined ?? {};
  const optional = <K extends string>(key: K, value: string | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
  const layers = fields.packageLayers.map((layer) => words(layer, "packages", path));
  return {
    ...optional("ref", text("ref")),
    packages: [...new Set(layers.flat())],
    packageLayers: layers.filter((layer) => layer.length > 0),
    excludePackages: words(list("exclude-packages"), "exclude-packages", path),
    ...(values.has("repos") ? { repos: list("repos") } : {}),
    ...optional("releasever", plain("releasever")),
    repovars: Object.fromEntries(
      Object.entries(map("repovars")).map(([name, value]) => [name, String(value)]),
    ),
    recommends: values.get("recommends") as boolean ?? true,
    documentation: values.get("documentation") as boolean ?? true,
    units: list("units"),
    ...optional("defaultTarget", plain("default-target")),
    postprocess: list("postprocess"),
    addCommitMetadata: Object.fromEntries(
      Object.entries(map("add-commit-metadata")).map((
        [key, value],
      ) => [key, typeof value === "string" ? substitute(value, variables, path) : value]),
    ),
    ...optional("snapshot", text("snapshot")),
    ...optional("automaticVersionPrefix", text("automatic-version-prefix")),
    automaticVersionSuffix: values.get("automatic-version-suffix") as string ?? ".",
    sbom: SBOM_FORMATS.filter((format) => list("sbom").includes(format)),
    checks: toCheckSettings(map("checks") as Parameters<typeof toCheckSettings>[0]),
    metadata: map("metadata"),
  };
}

/** Variables of the treefile and those that are always there. */
function allVariables(
  values: ReadonlyMap<FieldName, unknown>,
  basearch: string,
  path: string,
): Map<string, VariableValue> {
  const own = Object.entries(values.get("variables") as Record<string, VariableValue> ?? {});
  const reserved = own.find(([name]) => RESERVED_VARIABLES.includes(name));
  if (reserved) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot read treefile "${path}": variable "${reserved[0]}" is set by apt-ostree`,
      {
        subject: reserved[0],
        hint: "Choose another name",
      },
    );
  }
  const release = values.get("releasever") as string | number | undefined;
  return new Map([
    ["basearch", basearch],
    ["arch", dpkgArchitecture(basearch)],
    ...(release === undefined
      ? []
      : [["releasever", release], ["codename", release]] as [string, VariableValue][]),
    ...own,
  ]);
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
