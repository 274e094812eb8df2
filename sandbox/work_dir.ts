import { removeTree } from "./remove_tree.ts";

/**
 * A directory for everything temporary of one transaction, locked by its owner.
 *
 * The kernel lets go of the lock when the owner ends, however it ends; what an owner left behind is
 * swept by the next.
 */
export class WorkDir implements Disposable {
  /** Absolute path. */
  readonly path: string;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.path = path;
    this.#lock = lock;
  }

  /** Make one below `parent`, after sweeping what dead owners left there. */
  static create(parent: string): WorkDir {
    Deno.mkdirSync(parent, { recursive: true });
    WorkDir.sweep(parent);
    const path = Deno.makeTempDirSync({ dir: parent, prefix: PREFIX });
    // Between the two calls a sweeper may come: the directory is empty then, and made again.
    Deno.mkdirSync(path, { recursive: true });
    const lock = Deno.openSync(`${path}/lock`, { read: true, write: true, create: true });
    lock.lockSync(true);
    return new WorkDir(path, lock);
  }

  /** Remove what dead owners left below `parent`. @returns How many directories. */
  static sweep(parent: string): number {
    let swept = 0;
    for (const entry of Deno.readDirSync(parent)) {
      if (!entry.isDirectory || !entry.name.startsWith(PREFIX)) continue;
      const path = `${parent}/${entry.name}`;
      if (isHeld(`${path}/lock`)) continue;
      removeTree(path);
      swept++;
    }
    return swept;
  }

  /** A path below the directory. */
  join(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Remove the directory with all that it holds. */
  [Symbol.dispose](): void {
    removeTree(this.path);
    this.#lock.close();
  }
}

const PREFIX = "txn-";

function isHeld(lockFile: string): boolean {
  try {
    using file = Deno.openSync(lockFile, { read: true, write: true });
    return !file.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
