import { checkoutTree, type Repo, syncCheckout, type TreeChecksums } from "@apt-ostree/ostree";

/** A directory that shows a tree, and is brought from one to the next by what differs. */
export class SyncedCheckout {
  /** The directory, on the repository's filesystem. */
  readonly directory: string;
  readonly #repo: Repo;
  #shown: TreeChecksums | undefined;

  /** @param shown The tree that the directory shows. @default it does not exist yet */
  constructor(repo: Repo, directory: string, shown?: TreeChecksums) {
    this.#repo = repo;
    this.directory = directory;
    this.#shown = shown;
  }

  /** Show a tree. @returns The directory. */
  async show(next: TreeChecksums, signal?: AbortSignal): Promise<string> {
    const options = { how: "link", ...(signal ? { signal } : {}) } as const;
    const shown = this.#shown;
    this.#shown = undefined;
    if (shown) await syncCheckout(this.#repo, this.directory, shown, next, options);
    else await checkoutTree(this.#repo, next, this.directory, options);
    this.#shown = next;
    return this.directory;
  }
}
