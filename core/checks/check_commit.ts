import { type Repo, Tree } from "@apt-ostree/ostree";
import { readCommittedTreefile } from "../compose/committed_treefile.ts";
import { committedCheckSettings } from "./check_settings.ts";
import { type CheckReport, runChecks } from "./run_checks.ts";

/** How {@linkcode checkCommit} goes about it. */
export interface CheckCommitOptions {
  /** Use each check's own severity, whatever the commit's treefile says. @default {false} */
  readonly strict?: boolean;
}

/**
 * Look through a commit, with the settings of the treefile that it holds.
 *
 * Without the packages that it was made of every file is read: about a second for 100 MB.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @throws {RefError} `ref/not-found`.
 */
export function checkCommit(
  repo: Repo,
  rev: string,
  options: CheckCommitOptions = {},
): CheckReport {
  const tree = Tree.fromCommit(repo, rev);
  const { filter, checks, kernelModules } = readCommittedTreefile(repo, tree);
  const settings = options.strict ? {} : committedCheckSettings(checks);
  return runChecks({ repo, tree, filter, kernelModules }, settings);
}
