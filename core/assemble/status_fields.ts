import { parseDependencies } from "@apt-ostree/apt";

const RELATIONS = new Set([
  ...["Replaces", "Provides", "Depends", "Pre-Depends", "Recommends", "Suggests", "Breaks"],
  ...["Conflicts", "Enhances"],
]);

/**
 * Fields that dpkg knows, in the order in which it writes them; others follow as the control file has
 * them.
 *
 * @see dpkg, lib/dpkg/parse.c, `fieldinfos`
 */
export const STATUS_FIELDS: readonly string[] = [
  ...["Package", "Essential", "Protected", "Status", "Priority", "Section", "Installed-Size"],
  ...["Origin", "Maintainer", "Bugs", "Architecture", "Multi-Arch", "Source", "Version"],
  ...["Config-Version", "Replaces", "Provides", "Depends", "Pre-Depends", "Recommends"],
  ...["Suggests", "Breaks", "Conflicts", "Enhances", "Conffiles", "Description"],
  ...["Triggers-Pending", "Triggers-Awaited"],
];

const KNOWN = new Set(STATUS_FIELDS);

/**
 * The value of a field as dpkg writes what it has read.
 *
 * @returns `undefined` where dpkg writes no such field.
 * @see dpkg, lib/dpkg/dump.c
 */
export function normalizeStatusField(name: string, value: string): string | undefined {
  if (value.trim() === "") return KNOWN.has(name) ? undefined : "";
  if (RELATIONS.has(name)) return formatRelations(value);
  if (name === "Essential" || name === "Protected") return value === "yes" ? value : undefined;
  if (name === "Multi-Arch") return value === "no" ? undefined : value;
  return value.trimEnd();
}

function formatRelations(value: string): string {
  const text = parseDependencies(value.replace(/\n/g, " ")).map((alternatives) =>
    alternatives.map(({ name, architecture, relation, version }) =>
      `${name}${architecture === undefined ? "" : `:${architecture}`}${
        relation === undefined ? "" : ` (${relation} ${version})`
      }`
    ).join(" | ")
  );
  return text.join(", ");
}
