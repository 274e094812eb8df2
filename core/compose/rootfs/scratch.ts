import { Repo } from "@apt-ostree/ostree";
import { WorkDir } from "@apt-ostree/sandbox";

/**
 * A temporary directory beside a root file system, on its filesystem, and in it a repository for
 * objects in the making; gone with its owner. What a dead owner left goes with the next.
 */
export class Scratch implements Disposable {
  readonly #parent: string;
  readonly #directory: WorkDir;
  #repo: Repo | undefined;

  private constructor(parent: string, directory: WorkDir) {
    this.#parent = parent;
    this.#directory = directory;
  }

  /** Make one in a directory, which is made where it is missing. */
  static beside(directory: string): Scratch {
    const parent = `${directory}/.apt-ostree`;
    return new Scratch(parent, WorkDir.create(parent));
  }

  /** A path below it. */
  join(name: string): string {
    return this.#directory.join(name);
  }

  /** Repository of mode bare. */
  get repo(): Repo {
    return this.#repo ??= Repo.init(this.join("repo"), { mode: "bare" });
  }

  /** Remove it. */
  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
    try {
      Deno.removeSync(this.#parent);
    } catch (error) {
      // Another one is at work there, or has just removed it.
      const busy = error instanceof Error && "code" in error && error.code === "ENOTEMPTY";
      if (!busy && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
