import { type Progress, readBootId, syncFilesystem } from "@apt-ostree/base";
import { Repo } from "@apt-ostree/ostree";
import { removeTree, WorkDir } from "@apt-ostree/sandbox";
import { holdLock } from "./hold_lock.ts";
import { hasSameIds, noteIds } from "./id_map.ts";

/** How {@linkcode ComposeArea.open} goes about it. */
export interface ComposeAreaOptions {
  /** Repository that takes the commit; needed where no cache is named. */
  readonly target?: Repo;
  /** Directory for everything that is kept between composes. @default inside the repository */
  readonly cachedir?: string;
  readonly noWait?: boolean;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Where a compose works: its cache, the repository that holds imported packages, and a directory for
 * all that is temporary; locked against a second compose.
 */
export class ComposeArea implements Disposable {
  /** Directory of everything that is kept. */
  readonly cachedir: string;
  /** Repository of mode bare, where packages are imported and systems made. */
  readonly work: Repo;
  /** Temporary directory, removed at the end. */
  readonly directory: WorkDir;
  readonly #locks: readonly Disposable[];
  readonly #unsynced: string;

  private constructor(
    cachedir: string,
    locks: readonly Disposable[],
    progress: Progress | undefined,
  ) {
    this.cachedir = cachedir;
    this.#locks = locks;
    const path = `${cachedir}/repo`;
    this.#unsynced = `${path}/state/aptostree-unsynced`;
    const forget = (text: string) => {
      progress?.({ type: "message", level: "warning", text: `${text}: packages are read again` });
      removeTree(path);
    };
    if (isFromOtherBoot(this.#unsynced)) forget("The machine stopped during an earlier compose");
    if (!hasSameIds(path)) forget("The cache was written with other user ids");
    this.work = Repo.init(path, { mode: "bare" });
    noteIds(path);
    this.directory = WorkDir.create(`${cachedir}/tmp`);
  }

  /**
   * Open and lock the area, sweeping what a dead compose left.
   *
   * @throws {ComposeError} `compose/busy` where another compose works there and `noWait` is set.
   */
  static async open(options: ComposeAreaOptions): Promise<ComposeArea> {
    const { target } = options;
    const own = target && `${target.path}/extensions/aptostree`;
    const cachedir = options.cachedir ?? own;
    if (cachedir === undefined) throw new TypeError("Cannot open an area that is nowhere");
    const subjects = new Map([
      [cachedir, cachedir],
      ...target && own ? [[own, target.path] as const] : [],
    ]);
    const locks: Disposable[] = [];
    try {
      // The repository's first: all who work on it take them in this order.
      for (const [dir, subject] of [...subjects].reverse()) {
        Deno.mkdirSync(dir, { recursive: true });
        locks.push(await holdLock(`${dir}/compose.lock`, subject, options));
      }
      return new ComposeArea(Deno.realPathSync(cachedir), locks, options.progress);
    } catch (error) {
      for (const lock of locks) lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Objects are about to be written that a power cut could damage without a trace. */
  beginUnsynced(): void {
    Deno.writeTextFileSync(this.#unsynced, readBootId());
  }

  /** Everything written is on the disk. */
  endUnsynced(): void {
    Deno.removeSync(this.#unsynced);
  }

  /** Wait until everything written is on the disk. */
  sync(): void {
    syncFilesystem(this.cachedir);
    this.endUnsynced();
  }

  /** Remove what is temporary and let go of the locks. */
  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
    for (const lock of this.#locks) lock[Symbol.dispose]();
  }
}

function isFromOtherBoot(file: string): boolean {
  try {
    return Deno.readTextFileSync(file) !== readBootId();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
