import { OfdLock } from "@apt-ostree/base";
import { RepoError } from "./error.ts";
import { looseObjects } from "./loose_objects.ts";
import { addReachable, objectKey } from "./reachable.ts";
import type { Repo } from "./repo.ts";

/** How {@linkcode prune} goes about it. */
export interface PruneOptions {
  /** How many parents of each ref's commit are kept; -1 for all. @default {-1} */
  readonly depth?: number;
  /** Only say what would go. @default {false} */
  readonly dryRun?: boolean;
}

/** What a prune took away. */
export interface PruneStats {
  /** Objects that stayed. */
  readonly kept: number;
  /** Objects that went. */
  readonly deleted: number;
  /** Their bytes on the disk. */
  readonly bytes: number;
}

/** Tombstones stay. */
const PRUNED = new Set([
  "file",
  "dirtree",
  "dirmeta",
  "commit",
  "commitmeta",
  "file-xattrs",
  "file-xattrs-link",
]);

/**
 * Delete the objects that no ref reaches, local, remote or mirrored.
 *
 * Holds the repository's lock alone: nobody writes meanwhile. Commits go before what they name, so that
 * a prune that is cut short leaves nothing half.
 *
 * @throws {RepoError} `repo/locked` if others do not let go in time.
 * @throws {ObjectError} If something that a ref needs is missing or damaged; nothing is deleted then.
 */
export function prune(repo: Repo, options: PruneOptions = {}): PruneStats {
  const { depth = -1, dryRun = false } = options;
  const seconds = Number(repo.configValue("core", "lock-timeout-secs") ?? 30);
  using lock = OfdLock.take(
    `${repo.path}/.lock`,
    "exclusive",
    seconds < 0 ? Infinity : seconds * 1000,
  );
  if (!lock) {
    throw new RepoError(
      "repo/locked",
      `Cannot prune "${repo.path}": in use for ${seconds} seconds`,
      {
        subject: repo.path,
        hint: "Another program is writing to it; try again when it has ended",
      },
    );
  }
  const reachable = addReachable(repo, repo.allRefs().values(), depth);
  const doomed = { commit: [] as string[], dirtree: [] as string[], other: [] as string[] };
  let kept = 0;
  let bytes = 0;
  for (const { checksum, type, path } of looseObjects(repo)) {
    if (!PRUNED.has(type) || reachable.has(objectKey(checksum, type))) {
      kept++;
      continue;
    }
    bytes += Deno.lstatSync(path).size;
    doomed[type === "commit" || type === "dirtree" ? type : "other"].push(path);
  }
  const paths = [...doomed.commit, ...doomed.dirtree, ...doomed.other];
  if (!dryRun) { for (const path of paths) Deno.removeSync(path); }
  return { kept, deleted: paths.length, bytes };
}
