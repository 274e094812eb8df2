import {
  DOCUMENTATION_RULES,
  KEEP_ALL,
  type PathFilter,
  pathFilter,
  type PathRule,
} from "../assemble/path_filter.ts";
import type { Treefile } from "../treefile/treefile.ts";

/**
 * Which shipped paths a treefile wants laid out: without documentation, with some languages alone,
 * and by its own rules, the later ones over the earlier.
 */
export function treeFilter(
  treefile: Pick<Treefile, "documentation" | "installLangs" | "pathExclude" | "pathInclude">,
): PathFilter {
  const { documentation, installLangs, pathExclude, pathInclude } = treefile;
  const rules: PathRule[] = [
    ...(documentation ? [] : DOCUMENTATION_RULES),
    ...(installLangs === undefined || installLangs.includes("all")
      ? []
      : languageRules(installLangs)),
    ...pathExclude.map((pattern) => ({ action: "exclude", pattern }) as const),
    ...pathInclude.map((pattern) => ({ action: "include", pattern }) as const),
  ];
  return rules.length === 0 ? KEEP_ALL : pathFilter(JSON.stringify(rules), rules);
}

/** Translations of these languages, `de` or `de_AT`, and of those that they fall back to. */
function languageRules(languages: readonly string[]): PathRule[] {
  const wanted = new Set(
    languages.flatMap((each) => each.split(":")).flatMap((
      each,
    ) => [each, each.replace(/[_.@].*/, "")]),
  );
  return [
    { action: "exclude", pattern: "/usr/share/locale/*" },
    ...["locale.alias", ...[...wanted].sort().flatMap((each) => [each, `${each}/*`])].map((name) =>
      ({ action: "include", pattern: `/usr/share/locale/${name}` }) as const
    ),
  ];
}
