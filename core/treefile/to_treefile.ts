import { toCheckSettings } from "../checks/check_settings.ts";
import { SBOM_FORMATS } from "../sbom/sbom_format.ts";
import { dpkgArchitecture } from "./architecture.ts";
import type { VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";
import type { FieldName } from "./fields.ts";
import type { MergedFields } from "./merge_fields.ts";
import { splitWords } from "./split_words.ts";
import type { AccountCheck, SigningKey, Treefile, TreefileFile } from "./treefile.ts";
import { RESERVED_VARIABLES, substitute } from "./variables.ts";

/** Where a field stands, or an item of its list, or a value of its map. */
type FindPlace = (name: FieldName, part?: number | string) => string;

/**
 * Give fields their types and defaults, and put variables in.
 *
 * @param path The outermost file, for messages about what no field says.
 * @throws {TreefileError} If fields contradict one another.
 */
export function toTreefile(fields: MergedFields, basearch: string, path: string): Treefile {
  const { values } = fields;
  const place: FindPlace = (name, part) => {
    const found = fields.places.get(name);
    const inner = typeof part === "number" ? found?.items[part] : found?.keys[part ?? ""];
    return inner ?? found?.field ?? `"${path}"`;
  };
  const given = values.get("basearch");
  if (given !== undefined && given !== basearch) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot use treefile ${
        place("basearch")
      } here: it is for ${given}, and this machine is ${basearch}`,
      { subject: "basearch", hint: "Compose it on a machine of that architecture" },
    );
  }
  const variables = allVariables(fields, basearch, place);
  const plain = (name: FieldName) => {
    const value = values.get(name) as string | number | undefined;
    return value === undefined ? undefined : String(value);
  };
  const text = (name: FieldName) => {
    const value = plain(name);
    return value === undefined ? undefined : substitute(value, variables, place(name));
  };
  const list = (name: FieldName) => texts(values.get(name));
  const map = (name: FieldName) => values.get(name) as Record<string, unknown> | undefined ?? {};
  const maybe = <T>(name: FieldName, usual: T) => values.get(name) as T | undefined ?? usual;
  const optional = <K extends string, T>(key: K, value: T | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
  const repoPackages = maybe<{ repo: unknown; packages: unknown }[]>("repo-packages", [])
    .map((each, at) => ({
      repo: String(each.repo),
      packages: words(texts(each.packages), "repo-packages", () => place("repo-packages", at)),
    }));
  const layers = fields.packageLayers.map((layer) =>
    words(layer.map((each) => each.text), "packages", (at) => layer[at]!.place)
  );
  const named = new Set(layers.flat());
  const taken = repoPackages.flatMap(({ packages }) => packages).map((each) => each.split("=")[0]!);
  layers.push([...new Set(taken.filter((name) => !named.has(name)))]);
  const container = maybe("container", false);
  const treefile: Treefile = {
    ...optional("ref", text("ref")),
    packages: [...new Set(layers.flat())],
    packageLayers: layers.filter((layer) => layer.length > 0),
    excludePackages: words(
      list("exclude-packages"),
      "exclude-packages",
      (at) => place("exclude-packages", at),
    ),
    ...(values.has("repos") ? { repos: list("repos") } : {}),
    lockfileRepos: list("lockfile-repos"),
    repoPackages,
    ...optional("aptPreferences", plain("apt-preferences")),
    debconf: list("debconf"),
    foreignArchitectures: list("foreign-architectures"),
    ...optional("releasever", fields.releasever),
    repovars: Object.fromEntries(
      Object.entries(map("repovars")).map(([name, value]) => [name, String(value)]),
    ),
    recommends: maybe("recommends", true),
    variant: maybe("variant", "essential"),
    documentation: maybe("documentation", true),
    ...(values.has("install-langs") ? { installLangs: list("install-langs") } : {}),
    pathExclude: list("path-exclude"),
    pathInclude: list("path-include"),
    ostreeLayers: list("ostree-layers"),
    ostreeOverrideLayers: list("ostree-override-layers"),
    units: list("units"),
    ...optional("defaultTarget", plain("default-target")),
    ...optional("mutateOsRelease", text("mutate-os-release")),
    removeFiles: list("remove-files").map((each, at) =>
      treePath(each, "remove-files", place("remove-files", at))
    ),
    removeFromPackages: maybe<unknown[][]>("remove-from-packages", []).map((item, at) => {
      const [name = "", ...patterns] = texts(item);
      for (const pattern of patterns) checkPattern(pattern, place("remove-from-packages", at));
      return { package: name, patterns };
    }),
    addFiles: maybe<[TreefileFile, unknown][]>("add-files", []).map(([source, dest], at) => ({
      source,
      dest: addedPath(String(dest), place("add-files", at)),
    })),
    wrappedPrograms: wrappedPrograms(values),
    postprocess: list("postprocess"),
    ...optional("postprocessScript", values.get("postprocess-script") as TreefileFile | undefined),
    container,
    initramfs: !maybe("no-initramfs", false) && !container,
    initramfsArgs: list("initramfs-args"),
    kernelModules: [...new Set(list("kernel-modules"))],
    tmpIsDir: maybe("tmp-is-dir", true),
    optUsrlocal: maybe("opt-usrlocal", "var"),
    machineidCompat: maybe("machineid-compat", true),
    readonlyExecutables: maybe("readonly-executables", false),
    sysusers: maybe("sysusers", "compose-auto"),
    preservePasswd: maybe("preserve-passwd", !container),
    checkPasswd: accountCheck("check-passwd", values, container, place),
    checkGroups: accountCheck("check-groups", values, container, place),
    ignoreRemovedUsers: list("ignore-removed-users"),
    ignoreRemovedGroups: list("ignore-removed-groups"),
    sign: [
      ...(values.has("gpg-key") ? [{ gpg: plain("gpg-key")! }] : []),
      ...maybe<SigningKey[]>("sign", []),
    ],
    ...(values.has("container-cmd") ? { containerCmd: list("container-cmd") } : {}),
    addCommitMetadata: Object.fromEntries(
      Object.entries(map("add-commit-metadata")).map((
        [key, value],
      ) => [
        key,
        typeof value === "string"
          ? substitute(value, variables, place("add-commit-metadata", key))
          : value,
      ]),
    ),
    repoMetadata: maybe("repo-metadata", "inline"),
    advisoriesMetadata: maybe("advisories-metadata", "inline"),
    ...optional("snapshot", text("snapshot")),
    ...optional("automaticVersionPrefix", text("automatic-version-prefix")),
    automaticVersionSuffix: maybe("automatic-version-suffix", "."),
    sbom: SBOM_FORMATS.filter((format) => list("sbom").includes(format)),
    checks: toCheckSettings(map("checks") as Parameters<typeof toCheckSettings>[0]),
    metadata: map("metadata"),
  };
  if (!treefile.machineidCompat && treefile.units.length > 0) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot read treefile ${
        place("units")
      }: "units" has no effect with "machineid-compat: false"`,
      {
        subject: "units",
        hint: "The first boot sets all units by preset: add a preset file instead",
      },
    );
  }
  return treefile;
}

/** Variables of the treefile and those that are always there. */
function allVariables(
  { values, releasever }: MergedFields,
  basearch: string,
  place: FindPlace,
): Map<string, VariableValue> {
  const own = Object.entries(values.get("variables") as Record<string, VariableValue> ?? {});
  const reserved = own.find(([name]) => RESERVED_VARIABLES.includes(name));
  if (reserved) {
    throw new TreefileError(
      "treefile/bad-value",
      `Cannot read treefile ${place("variables", reserved[0])}: variable "${
        reserved[0]
      }" is set by apt-ostree`,
      {
        subject: reserved[0],
        hint: "Choose another name",
      },
    );
  }
  return new Map([
    ["basearch", basearch],
    ["arch", dpkgArchitecture(basearch)],
    ...(releasever === undefined
      ? []
      : [["releasever", releasever], ["codename", releasever]] as [string, VariableValue][]),
    ...own,
  ]);
}

function texts(value: unknown): string[] {
  return (value as unknown[] | undefined ?? []).map(String);
}

function words(
  items: readonly string[],
  name: string,
  place: (at: number) => string,
): string[] {
  const all = items.flatMap((item, at) => {
    const split = splitWords(item);
    if (split) return split;
    throw bad(name, place(at), `a quote is not closed in ${name}: ${item}`, "Close the quote");
  });
  return [...new Set(all)];
}

/** All that can be wrapped, unless the treefile names some. */
function wrappedPrograms(values: ReadonlyMap<FieldName, unknown>): string[] {
  const named = texts(values.get("cliwrap-binaries"));
  if (named.length > 0) return named;
  return values.get("cliwrap") === true
    ? ["apt", "apt-get", "dpkg", "update-initramfs", "dracut"]
    : [];
}

/** A path of the tree without leading slash. */
function treePath(text: string, name: string, place: string): string {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..")) {
    throw bad(name, place, `${name} has the path "${text}"`, "Name a path below /, without ..");
  }
  // What deployments have as /usr/etc is /etc while a tree is made.
  if (parts[0] === "usr" && parts[1] === "etc") parts.shift();
  return parts.join("/");
}

function addedPath(text: string, place: string): string {
  const dest = treePath(text, "add-files", place);
  if (/^(usr|etc)\/./.test(dest)) return dest;
  throw bad("add-files", place, `add-files has the path "${text}"`, "Add files below /usr or /etc");
}

function checkPattern(pattern: string, place: string): void {
  try {
    new RegExp(`^(?:${pattern})$`, "u");
  } catch (cause) {
    const why = (cause as SyntaxError).message;
    throw bad("remove-from-packages", place, why, "Write it as JavaScript's regular expressions");
  }
}

function accountCheck(
  name: "check-passwd" | "check-groups",
  values: ReadonlyMap<FieldName, unknown>,
  container: boolean,
  place: FindPlace,
): AccountCheck {
  const value = values.get(name) as
    | { type: AccountCheck["type"]; filename?: TreefileFile; entries?: Record<string, unknown> }
    | undefined;
  switch (value?.type) {
    case "file":
      if (value.filename) return { type: "file", file: value.filename };
      throw bad(name, place(name), `${name} of type file names no file`, "Add filename:");
    case "data":
      if (value.entries) return { type: "data", entries: value.entries };
      throw bad(name, place(name), `${name} of type data has no entries`, "Add entries:");
    case undefined:
      return { type: container ? "none" : "previous" };
    default:
      return { type: value!.type as "none" | "previous" };
  }
}

function bad(subject: string, place: string, what: string, hint: string): TreefileError {
  return new TreefileError("treefile/bad-value", `Cannot read treefile ${place}: ${what}`, {
    subject,
    hint,
  });
}
