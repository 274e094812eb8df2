import { AptOstreeError } from "@apt-ostree/base";
import { checkFile } from "./check_file.ts";
import { ObjectError } from "./error.ts";
import { looseObjects } from "./loose_objects.ts";
import { addReachable, objectKey } from "./reachable.ts";
import type { Repo } from "./repo.ts";
import { readXattrsLink } from "./split_xattrs/read_xattrs_link.ts";

/** Something that is wrong with a repository. */
export interface FsckProblem {
  /** The object or ref, as a person would name it. */
  readonly subject: string;
  /** What is wrong with it. */
  readonly message: string;
}

/** What {@linkcode fsck} found. */
export interface FsckReport {
  /** Objects that were looked at. */
  readonly objects: number;
  /** Commits that are known to be there in part, which is no fault. */
  readonly partialCommits: number;
  /** What is wrong; empty where all is well. */
  readonly problems: readonly FsckProblem[];
}

/**
 * Check a repository: the checksum and form of every object, and that all which refs and commits need
 * is there.
 *
 * @param options.signal Stops the work; the call then throws the signal's reason.
 */
export async function fsck(
  repo: Repo,
  options: { readonly signal?: AbortSignal } = {},
): Promise<FsckReport> {
  const problems: FsckProblem[] = [];
  const present = new Set<string>();
  const commits: string[] = [];
  let objects = 0;
  for (const { checksum, type } of looseObjects(repo)) {
    options.signal?.throwIfAborted();
    objects++;
    present.add(objectKey(checksum, type));
    if (type === "commit") commits.push(checksum);
    await note(problems, `${type} ${checksum}`, () => checkObject(repo, checksum, type));
  }
  const known = repo.partialCommits();
  const partial = new Set(commits.filter((commit) => known.has(commit)));
  for (const commit of commits) {
    if (partial.has(commit)) continue;
    await note(problems, `commit ${commit}`, () => {
      for (const key of addReachable(repo, [commit], 0)) {
        if (present.has(key) || key.endsWith(".commitmeta")) continue;
        throw new ObjectError(
          "object/not-found",
          `Cannot find object ${key}, which commit ${commit} needs`,
          {
            subject: key,
          },
        );
      }
    });
  }
  await note(problems, "refs", async () => {
    for (const [ref, commit] of repo.allRefs()) {
      await note(problems, `ref ${ref}`, () => void repo.readCommit(commit));
    }
  });
  return { objects, partialCommits: partial.size, problems };
}

function checkObject(repo: Repo, checksum: string, type: string): Promise<void> | void {
  switch (type) {
    case "dirtree":
      return void repo.readDirTree(checksum);
    case "dirmeta":
      return void repo.readDirMeta(checksum);
    case "commit":
      return void repo.readCommit(checksum);
    case "commitmeta":
      return void repo.readDetachedMetadata(checksum);
    case "file-xattrs-link":
      return void readXattrsLink(repo, checksum);
    case "file":
      return checkFile(repo, checksum);
  }
}

/** Note a failure that says what is wrong with the repository; anything else is a bug. */
async function note(
  problems: FsckProblem[],
  subject: string,
  check: () => Promise<void> | void,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof AptOstreeError)) throw error;
    problems.push({ subject, message: error.message });
  }
}
