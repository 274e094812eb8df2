import { parseDependencies } from "@apt-ostree/apt";

const RELATIONS = new Set([
  ...["Replaces", "Provides", "Depends", "Pre-Depends", "Recommends", "Suggests", "Breaks"],
  ...["Conflicts", "Enhances"],
]);

/**
 * The value of a field as dpkg writes what it has read.
 *
 * @returns `undefined` where dpkg writes no such field.
 * @see dpkg, lib/dpkg/dump.c
 */
export function normalizeStatusField(name: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (RELATIONS.has(name)) return formatRelations(value);
  if (name === "Essential" || name === "Protected") return value === "yes" ? value : undefined;
  if (name === "Multi-Arch") return value === "no" ? undefined : value;
  return value;
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
