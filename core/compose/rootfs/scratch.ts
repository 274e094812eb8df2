import { pathExists } from "@apt-ostree/base";
import { Repo } from "@apt-ostree/ostree";
import { WorkDir } from "@apt-ostree/sandbox";

/**
 * A temporary directory beside a root file system, on its filesystem, and in it a repository for
 * objects in the making; gone with its owner. What a dead owner left goes with the next.
 */
export class Scratch implements Disposable {
  /** Directories that go with it if nobody has put anything there, the innermost first. */
  readonly #made: readonly string[];
  readonly #directory: WorkDir;
  #repo: Repo | undefined;

  private constructor(made: readonly string[], directory: WorkDir) {
    this.#made = made;
    this.#directory = directory;
  }

  /** Make one in a directory; that is made where it is missing, and goes if nothing comes to lie there. */
  static beside(directory: string): Scratch {
    const parent = `${directory}/.apt-ostree`;
    const made = pathExists(directory) ? [parent] : [parent, directory];
    return new Scratch(made, WorkDir.create(parent));
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
    for (const path of this.#made) removeEmpty(path);
  }
}

function removeEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    // Something lies there, or somebody else has just removed it.
    const used = error instanceof Error && "code" in error && error.code === "ENOTEMPTY";
    if (!used && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
