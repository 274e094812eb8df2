import type { Commit } from "./object/commit.ts";
import type { Repo } from "./repo.ts";
import type { VariantDict } from "./variant/variant.ts";

/** One commit of a history. */
export interface LogEntry {
  /** Its checksum. */
  readonly checksum: string;
  /** The commit. */
  readonly commit: Commit;
  /** Its detached metadata, where it has any. */
  readonly detached: VariantDict | undefined;
}

/**
 * A commit and those before it, newest first, as far as the repository has them.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @throws {RefError} `ref/not-found`. @throws {ObjectError} If a commit is damaged.
 */
export function* readLog(repo: Repo, rev: string): Generator<LogEntry> {
  let checksum: string | undefined = repo.requireRev(rev);
  for (let first = true; checksum !== undefined; first = false) {
    if (!first && !repo.hasObject(checksum, "commit")) return;
    const commit: ReturnType<Repo["readCommit"]> = repo.readCommit(checksum);
    yield { checksum, commit, detached: repo.readDetachedMetadata(checksum) };
    checksum = commit.parent;
  }
}
