import { pathExists } from "@apt-ostree/base";
import type { Repo, TreeChecksums } from "@apt-ostree/ostree";
import { removeTree } from "@apt-ostree/sandbox";
import { SyncedCheckout } from "../assemble/synced_checkout.ts";

/** Checkouts that are kept, each of another base; the one used longest ago becomes the next. */
const KEPT = 2;

/** What a checkout shows between two transactions. */
export interface KeptState {
  /** Tree of the base. */
  readonly base: TreeChecksums;
  /** Its root file system, as packages know it: what is laid out. */
  readonly opened: TreeChecksums;
}

/**
 * A checkout of a base that is kept from one transaction to the next: hard links, which cost directories
 * alone, brought to what the next one needs by what differs.
 *
 * A file beside it says what it shows, and is away while it may show something else: what a dead owner
 * left is laid out anew.
 */
export class KeptCheckout extends SyncedCheckout implements AsyncDisposable {
  readonly #kept: KeptState;
  #touched = false;

  private constructor(repo: Repo, directory: string, kept: KeptState, shown?: TreeChecksums) {
    super(repo, directory, shown);
    this.#kept = kept;
  }

  /**
   * Take the checkout of a base.
   *
   * @param parent Directory on the repository's filesystem; the caller has it alone.
   * @param kept The base.
   * @param open Turns the tree of another base into the root file system that was laid out, and writes
   * it.
   */
  static take(
    repo: Repo,
    parent: string,
    kept: KeptState,
    open: (base: TreeChecksums) => TreeChecksums,
  ): KeptCheckout {
    Deno.mkdirSync(parent, { recursive: true });
    const all = sweep(parent);
    const same = all.find(({ state }) => state.opened.dirtree === kept.opened.dirtree);
    const oldest = all.length < KEPT ? undefined : all.at(-1);
    const found = same ?? (oldest && isReadable(repo, oldest.state, open) ? oldest : undefined);
    if (found) return new KeptCheckout(repo, found.directory, kept, found.state.opened);
    if (oldest) removeCheckout(oldest.directory);
    const directory = `${parent}/${kept.opened.dirtree}`;
    removeTree(directory);
    return new KeptCheckout(repo, directory, kept);
  }

  override async show(next: TreeChecksums, signal?: AbortSignal): Promise<string> {
    if (!this.#touched) removeIfThere(`${this.directory}.json`);
    this.#touched = true;
    return await super.show(next, signal);
  }

  /** Leave it as the next transaction expects it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#touched || !pathExists(this.directory)) return;
    await super.show(this.#kept.opened);
    const file = `${this.directory}.json`;
    Deno.writeTextFileSync(`${file}.new`, JSON.stringify(this.#kept));
    Deno.renameSync(`${file}.new`, file);
  }
}

/** Remove what dead owners left. @returns Whole checkouts, the one used last first. */
function sweep(parent: string): { directory: string; state: KeptState }[] {
  const whole: { directory: string; state: KeptState; used: number }[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(parent)) {
    const path = `${parent}/${name}`;
    if (!isDirectory) {
      if (!name.endsWith(".json") || !pathExists(path.slice(0, -".json".length))) removeTree(path);
      continue;
    }
    const file = `${path}.json`;
    const state = pathExists(file) ? parseKept(Deno.readTextFileSync(file)) : undefined;
    if (state) whole.push({ directory: path, state, used: Deno.statSync(file).mtime!.getTime() });
    else removeCheckout(path);
  }
  return whole.sort((a, b) => b.used - a.used);
}

/** `undefined` where a power cut left half of it. */
function parseKept(text: string): KeptState | undefined {
  try {
    return JSON.parse(text) as KeptState;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether what a checkout shows can be compared with another tree: its base may have been pruned. */
function isReadable(
  repo: Repo,
  { base, opened }: KeptState,
  open: (base: TreeChecksums) => TreeChecksums,
): boolean {
  return repo.hasObject(base.dirtree, "dirtree") && open(base).dirtree === opened.dirtree;
}

function removeCheckout(directory: string): void {
  removeTree(directory);
  removeIfThere(`${directory}.json`);
}

function removeIfThere(path: string): void {
  if (pathExists(path)) Deno.removeSync(path);
}
