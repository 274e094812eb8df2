import { getField, type PackagesIndex } from "@apt-ostree/apt";

/** Priorities that a variant brings, beside what is essential. */
export const VARIANTS = {
  "essential": [],
  "required": ["required"],
  "important": ["required", "important"],
  "standard": ["required", "important", "standard"],
} as const satisfies Record<string, readonly string[]>;

/** Which base set a tree has, as mmdebstrap's variants. */
export type Variant = keyof typeof VARIANTS;

/**
 * Names of the packages that a variant brings, sorted.
 *
 * @param architecture dpkg's name of the native architecture; packages of others do not count.
 * @see Debian Policy 2.5, "Priorities"
 */
export function variantPackages(
  variant: Variant,
  indexes: readonly PackagesIndex[],
  architecture: string,
): string[] {
  const names = new Set<string>();
  for (const priority of VARIANTS[variant]) {
    for (const index of indexes) {
      for (const at of index.mentioning(`\nPriority: ${priority}\n`)) {
        const stanza = index.stanza(at);
        const arch = getField(stanza, "Architecture");
        if (arch === architecture || arch === "all") names.add(index.name(at));
      }
    }
  }
  return [...names].sort();
}
