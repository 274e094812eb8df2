import type { CheckContext } from "./check_context.ts";

/** What a finding means for the compose: no commit, a line of text, or that nobody looks. */
export const CHECK_SEVERITIES = ["error", "warn", "ignore"] as const;

/** One of {@linkcode CHECK_SEVERITIES}. */
export type CheckSeverity = typeof CHECK_SEVERITIES[number];

/** Something that a check found in a tree. */
export interface Observation {
  /** Path in the commit, without leading slash. */
  readonly path: string;
  /** What is wrong with it, in words that follow the path. */
  readonly detail: string;
}

/** An observation, by the check that made it. */
export interface Finding {
  /** Name of the check, for example `setuid`. */
  readonly check: string;
  /** Path in the commit, with leading slash. */
  readonly path: string;
  /** What is wrong with it. */
  readonly detail: string;
  /** What it means for the compose. */
  readonly severity: Exclude<CheckSeverity, "ignore">;
}

/** One thing that finished trees are looked through for. */
export interface Check {
  /** Name in treefiles. */
  readonly name: string;
  /** Severity where the treefile names none. */
  readonly severity: CheckSeverity;
  /** What it finds, in a sentence. */
  readonly text: string;
  /** Why it cannot be carried out; `undefined` where it can. */
  readonly unable?: (context: CheckContext) => string | undefined;
  /** Look through a tree; the order does not matter. */
  readonly find: (context: CheckContext) => Iterable<Observation>;
}
