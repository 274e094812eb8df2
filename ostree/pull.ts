import { orAbort } from "@apt-ostree/base";
import { pullContent } from "./transfer_content.ts";
import { ContentPull } from "./content_pull.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import { checkDepth } from "./object/name.ts";
import type { Repo } from "./repo.ts";
import type { Transaction } from "./transaction.ts";

/** How {@linkcode pullLocal} goes about it. */
export interface PullLocalOptions {
  /** How many parents of each commit come too, as far as the source has them; -1 for all. @default {0} */
  readonly depth?: number;
  /**
   * Bring the commits and their detached metadata alone; the target then knows that the rest is
   * missing. @default {false}
   */
  readonly commitsOnly?: boolean;
  /** Refs to set in the target once everything is there. */
  readonly refs?: ReadonlyMap<string, string>;
  /** Files that are on their way already, and appear with the others. @default none */
  readonly ahead?: ContentPull;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a pull brought. */
export interface PullStats {
  /** Content objects that were missing. */
  readonly files: number;
  /** Bytes of these files, unpacked. */
  readonly bytes: number;
  /** Directories' objects and commits that were missing. */
  readonly metadata: number;
}

/** Fewer files than this are not worth the start of workers. */
const WORTH_WORKERS = 200;

/**
 * Bring commits from one repository of this machine to another.
 *
 * Between repositories of one mode on one filesystem files are linked; into an archive they are
 * deflated by all cores. Only missing objects move, but a commit that the target has in part is
 * looked through. The refs change last, after everything is on the disk.
 *
 * @throws {ObjectError} If an object of the source is missing or damaged.
 */
export async function pullLocal(
  source: Repo,
  target: Repo,
  commits: readonly string[],
  options: PullLocalOptions = {},
): Promise<PullStats> {
  const { refs = new Map(), depth = 0, commitsOnly = false, ahead, signal } = options;
  using txn = target.transaction();
  const wanted = new Wanted(source, txn, target.partialCommits(), commitsOnly);
  for (const commit of commits) wanted.commit(commit, depth);
  signal?.throwIfAborted();
  const files = [...wanted.files];
  const bytes = files.reduce((sum, checksum) => sum + source.statFile(checksum).size, 0);
  if (ahead) await orAbort(ahead.publish(), signal);
  const left = ahead ? files.filter((checksum) => !target.hasObject(checksum, "file")) : files;
  if (source.mode === target.mode && linkAll(source, txn, left)) {
    // done: nothing was read
  } else if (target.mode === "archive" && left.length >= WORTH_WORKERS) {
    await deflateAll(source, target, left, signal);
  } else for (const checksum of left) await pullContent(source, txn, checksum);
  wanted.writeMetadata();
  for (const [ref, commit] of refs) txn.setRef(ref, commit);
  txn.commit();
  return { files: files.length, bytes, metadata: wanted.metadataCount };
}

/** What a target lacks of some commits; children before parents. */
class Wanted {
  readonly files = new Set<string>();
  readonly #metadata = new Map<string, ["dirtree" | "dirmeta" | "commit", Uint8Array]>();
  readonly #source: Repo;
  readonly #txn: Transaction;

  readonly #partial: ReadonlySet<string>;
  readonly #commitsOnly: boolean;
  readonly #seen = new Set<string>();

  constructor(
    source: Repo,
    txn: Transaction,
    partial: ReadonlySet<string>,
    commitsOnly: boolean,
  ) {
    this.#source = source;
    this.#txn = txn;
    this.#partial = partial;
    this.#commitsOnly = commitsOnly;
  }

  get metadataCount(): number {
    return this.#metadata.size;
  }

  commit(start: string, depth: number): void {
    let checksum: string | undefined = start;
    for (let left = depth; checksum !== undefined; left--) {
      if (checksum !== start && !this.#source.hasObject(checksum, "commit")) return;
      const { root, parent }: { root: TreeChecksums; parent?: string } = this.#source.readCommit(
        checksum,
      );
      const whole = this.#txn.has(checksum, "commit") && !this.#partial.has(checksum);
      if (!whole) {
        if (!this.#commitsOnly) this.#tree(root, 0);
        this.#add(checksum, "commit");
        if (this.#commitsOnly) this.#txn.setPartial(checksum, true);
        else if (this.#partial.has(checksum)) this.#txn.setPartial(checksum, false);
      }
      const detached = this.#source.readDetachedMetadata(checksum);
      if (detached) this.#txn.setDetachedMetadata(checksum, detached);
      checksum = left === 0 ? undefined : parent;
    }
  }

  writeMetadata(): void {
    for (const [checksum, [type, bytes]] of this.#metadata) {
      this.#txn.writeRaw(checksum, type, [bytes]);
    }
  }

  #tree({ dirtree, dirmeta }: TreeChecksums, depth: number): void {
    checkDepth(depth);
    if (!this.#txn.has(dirmeta, "dirmeta")) this.#add(dirmeta, "dirmeta");
    if (this.#seen.has(dirtree)) return;
    this.#seen.add(dirtree);
    // A dirtree is published after all that it names, so one that is there is whole; unless somebody
    // pulled a commit in part.
    if (this.#partial.size === 0 && this.#txn.has(dirtree, "dirtree")) return;
    const { files, dirs } = this.#source.readDirTree(dirtree);
    for (const file of files.values()) {
      if (!this.files.has(file) && !this.#txn.has(file, "file")) this.files.add(file);
    }
    for (const dir of dirs.values()) this.#tree(dir, depth + 1);
    this.#add(dirtree, "dirtree");
  }

  #add(checksum: string, type: "dirtree" | "dirmeta" | "commit"): void {
    if (this.#metadata.has(checksum) || this.#txn.has(checksum, type)) return;
    this.#metadata.set(checksum, [type, this.#source.readMetadata(checksum, type)]);
  }
}

/** Link every file into the transaction. @returns Whether the filesystems allow it. */
function linkAll(source: Repo, txn: Transaction, files: readonly string[]): boolean {
  try {
    for (const checksum of files) {
      txn.adopt(source.objectPath(checksum, "file"), checksum, "file", "link");
    }
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EXDEV" || code === "EMLINK" || code === "EPERM") return false;
    throw error;
  }
}

async function deflateAll(
  source: Repo,
  target: Repo,
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await using pull = new ContentPull(
    source,
    target,
    files,
    Math.min(navigator.hardwareConcurrency, 8),
  );
  await orAbort(pull.finish(), signal);
  await pull.publish();
}
