import { entriesIfThere } from "./if_there.ts";

/**
 * Commits of a repository that are known to be there in part: pulled without files, or on their way.
 *
 * @param repo Path of the repository.
 */
export function readPartialCommits(repo: string): Set<string> {
  const found = new Set<string>();
  for (const { name } of entriesIfThere(`${repo}/state`)) {
    const commit = /^([0-9a-f]{64})\.commitpartial$/.exec(name)?.[1];
    if (commit !== undefined) found.add(commit);
  }
  return found;
}

/** The file that marks a commit as partial. */
export function partialPath(repo: string, commit: string): string {
  return `${repo}/state/${commit}.commitpartial`;
}
