import type { Repo } from "@apt-ostree/ostree";
import { formatReport } from "./format_report.ts";
import { readReport } from "./read_report.ts";

/**
 * A page of HTML about a commit, from the commit alone: sizes, what changed, checks, scripts, units,
 * accounts.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @param compare A commit to compare it with.
 * @returns A whole page, which needs no other file and no script.
 * @throws {RefError} `ref/not-found`. @throws {FormatError} If a dpkg database is damaged.
 */
export function commitReport(repo: Repo, rev: string, compare?: string): string {
  return formatReport(readReport(repo, rev, compare));
}
