import { removeTree } from "@apt-ostree/sandbox";

/** Where temporary directories lie: large files, and a real filesystem with attributes. */
const PLACE = "/var/tmp";
const PREFIX = "apt-ostree-image-";

/** A temporary directory of its own, locked while its owner lives. */
export interface TemporaryArea extends Disposable {
  /** Absolute path. */
  readonly path: string;
}

/** Make one, after sweeping what this user's dead processes left. */
export function openTemporaryArea(): TemporaryArea {
  sweep();
  const path = Deno.makeTempDirSync({ dir: PLACE, prefix: PREFIX });
  const lock = Deno.openSync(`${path}/lock`, { write: true, createNew: true });
  lock.lockSync(true);
  return {
    path,
    [Symbol.dispose]() {
      removeTree(path);
      lock.close();
    },
  };
}

function sweep(): void {
  for (const { name, isDirectory } of [...Deno.readDirSync(PLACE)]) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const path = `${PLACE}/${name}`;
    try {
      // Others may write to the place: only a directory of this user can hold what it left.
      if (Deno.lstatSync(path).uid !== Deno.uid()) continue;
      using lock = Deno.openSync(`${path}/lock`, { write: true });
      if (lock.tryLockSync(true)) removeTree(path);
    } catch (error) {
      // Its owner is about to lock it, or has removed it.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
