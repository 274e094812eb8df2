import { compareNames } from "@apt-ostree/ostree";
import { CHECKS } from "./all_checks.ts";
import type { Check, Finding } from "./check.ts";
import { CheckContext, type CheckInput } from "./check_context.ts";
import type { CheckSettings } from "./check_settings.ts";
import { matchesAny, pathPattern } from "./path_pattern.ts";

/** What came of looking through a tree. */
export interface CheckReport {
  /** Sorted by check, in the order of {@linkcode CHECKS}, and path. */
  readonly findings: readonly Finding[];
  /** Checks that were not carried out, and why. */
  readonly skipped: readonly { readonly check: string; readonly reason: string }[];
  /** Names of the checks that were. */
  readonly done: readonly string[];
}

/**
 * Look through a finished tree.
 *
 * @param settings What the treefile says; each check's own severity counts otherwise.
 * @param checks @default all
 */
export function runChecks(
  input: CheckInput,
  settings: CheckSettings = {},
  checks: readonly Check[] = CHECKS,
): CheckReport {
  const context = new CheckContext(input);
  const findings: Finding[] = [];
  const skipped: { check: string; reason: string }[] = [];
  const done: string[] = [];
  for (const check of checks) {
    const { severity = check.severity, allow = [] } = settings[check.name] ?? {};
    if (severity === "ignore") {
      skipped.push({ check: check.name, reason: "the treefile ignores it" });
      continue;
    }
    const reason = check.unable?.(context);
    if (reason !== undefined) {
      skipped.push({ check: check.name, reason });
      continue;
    }
    done.push(check.name);
    const patterns = allow.map(pathPattern);
    const found = [...check.find(context)].filter(({ path }) => !matchesAny(path, patterns));
    found.sort((a, b) => compareNames(a.path, b.path));
    for (const { path, detail } of found) {
      findings.push({ check: check.name, path: `/${path}`, detail, severity });
    }
  }
  return { findings, skipped, done };
}
