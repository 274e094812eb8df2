import { type PackageId, readPackageList } from "@apt-ostree/core";
import type { Repo } from "@apt-ostree/ostree";
import { CliError } from "./error.ts";

/** A commit and its packages. */
export interface CommitPackages {
  readonly rev: string;
  readonly commit: string;
  readonly packages: readonly PackageId[];
}

/**
 * Packages of a commit, from its metadata alone.
 *
 * @throws {CliError} `cli/bad-arguments` if the commit lists none.
 */
export function commitPackages(repo: Repo, rev: string): CommitPackages {
  const commit = repo.requireRev(rev);
  const packages = readPackageList(repo.readCommit(commit).metadata);
  if (packages) return { rev, commit, packages };
  throw new CliError(
    "cli/bad-arguments",
    `Cannot list packages of "${rev}": the commit lists none`,
    {
      subject: rev,
      hint: "Only commits made by apt-ostree list their packages",
    },
  );
}
