import { OfdLock } from "@apt-ostree/base";
import { RefError, RepoError } from "./error.ts";
import { type LooseObject, looseObjects } from "./loose_objects.ts";
import { encodeTombstone } from "./object/tombstone.ts";
import { partialPath } from "./partial_commits.ts";
import { staticDeltas } from "./static_deltas.ts";
import { addReachable, objectKey } from "./reachable.ts";
import type { Repo } from "./repo.ts";

/** How {@linkcode prune} goes about it. */
export interface PruneOptions {
  /** How many parents of each ref's commit are kept; -1 for all. @default {-1} */
  readonly depth?: number;
  /** Commits that go whatever names them; refs to them are refused. @default {[]} */
  readonly deleteCommits?: readonly string[];
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
 * Delete the objects that no ref reaches, local, remote or mirrored, and static deltas to commits that
 * went.
 *
 * Holds the repository's lock alone: nobody writes meanwhile. Commits go before what they name, so that
 * a prune that is cut short leaves nothing half. With `core.tombstone-commits` each leaves a tombstone.
 *
 * @throws {RepoError} `repo/locked` if others do not let go in time.
 * @throws {ObjectError} If something that a ref needs is missing or damaged; nothing is deleted then.
 */
export function prune(repo: Repo, options: PruneOptions = {}): PruneStats {
  const { depth = -1, deleteCommits = [], dryRun = false } = options;
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
  const doomedCommits = new Set(deleteCommits);
  for (const [ref, commit] of repo.allRefs()) {
    if (doomedCommits.has(commit)) throw refused(ref, commit);
  }
  const reachable = addReachable(repo, repo.allRefs().values(), depth, new Set(), doomedCommits);
  const doomed = {
    commit: [] as LooseObject[],
    dirtree: [] as LooseObject[],
    other: [] as LooseObject[],
  };
  let kept = 0;
  let bytes = 0;
  for (const object of looseObjects(repo)) {
    const { checksum, type, path } = object;
    if (!PRUNED.has(type) || reachable.has(objectKey(checksum, type))) {
      kept++;
      continue;
    }
    bytes += Deno.lstatSync(path).size;
    doomed[type === "commit" || type === "dirtree" ? type : "other"].push(object);
  }
  const objects = [...doomed.commit, ...doomed.dirtree, ...doomed.other];
  if (!dryRun) {
    const tombstones = repo.configValue("core", "tombstone-commits") === "true";
    for (const { checksum } of doomed.commit) {
      if (tombstones) writeTombstone(repo, checksum);
      removeIfThere(partialPath(repo.path, checksum));
    }
    for (const { path } of objects) Deno.removeSync(path);
    for (const { path, to } of staticDeltas(repo.path)) {
      if (!repo.hasObject(to, "commit")) Deno.removeSync(path, { recursive: true });
    }
  }
  return { kept, deleted: objects.length, bytes };
}

/** Leave the sign that a commit was deleted on purpose; before it goes. */
function writeTombstone(repo: Repo, commit: string): void {
  const path = repo.objectPath(commit, "tombstone-commit");
  const temporary = `${repo.path}/tmp/tombstone-${commit}`;
  Deno.writeFileSync(temporary, encodeTombstone(commit), { mode: 0o644 });
  Deno.renameSync(temporary, path);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function refused(ref: string, commit: string): RefError {
  const message = `Cannot delete commit ${commit}: ref "${ref}" names it`;
  return new RefError("ref/exists", message, { subject: ref, hint: "Delete the ref first" });
}
