import { type Repo, Tree } from "@apt-ostree/ostree";
import { KEEP_ALL, WITHOUT_DOCUMENTATION } from "../assemble/path_filter.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import { committedCheckSettings } from "./check_settings.ts";
import { type CheckReport, runChecks } from "./run_checks.ts";

/** How {@linkcode checkCommit} goes about it. */
export interface CheckCommitOptions {
  /** Use each check's own severity, whatever the commit's treefile says. @default {false} */
  readonly strict?: boolean;
}

/** Where a compose leaves the merged treefile. */
const TREEFILE = "usr/share/apt-ostree/treefile.json";

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
  const treefile = parseTreefile(readTreeText(repo, tree, TREEFILE) ?? "{}");
  const filter = treefile["documentation"] === false ? WITHOUT_DOCUMENTATION : KEEP_ALL;
  const settings = options.strict ? {} : committedCheckSettings(treefile["checks"]);
  return runChecks({ repo, tree, filter }, settings);
}

function parseTreefile(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    value = undefined; // no treefile of ours
  }
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
