import { pullLocal, Repo } from "@apt-ostree/ostree";
import { WorkDir } from "@apt-ostree/sandbox";
import { ComposeArea } from "../compose/compose_area.ts";
import { holdLock } from "../compose/hold_lock.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import type { Progress } from "@apt-ostree/base";

/** How {@linkcode LayerArea.open} goes about it. */
export interface LayerAreaOptions {
  /** Repository that has the base and takes the result. */
  readonly target: Repo;
  /** Directory for everything that is kept; for archives alone. @default inside the repository */
  readonly cachedir?: string;
  /** Fail where another one works there, instead of waiting. @default {false} */
  readonly noWait?: boolean;
  /** Told what goes on. */
  readonly progress?: Progress;
  /** Gives up waiting; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Where a base is changed: a repository for objects in the making, and a directory for all that is
 * temporary; locked against everybody else who works there.
 *
 * Beside a repository whose files can be laid out as they are, a host's own for example, objects wait in
 * a repository that stands on it and ends with the transaction: nothing shows before
 * {@linkcode LayerArea.publish}. For archives the repository of composes serves.
 */
export class LayerArea implements Disposable {
  /** Directory of everything that is kept. */
  readonly cachedir: string;
  /** Repository of mode bare, where the base is and objects are written. */
  readonly work: Repo;
  /** Temporary directory, removed at the end. */
  readonly directory: WorkDir;
  readonly #target: Repo;
  readonly #compose: ComposeArea | undefined;
  readonly #lock: Disposable | undefined;

  private constructor(target: Repo, area: ComposeArea | { lock: Disposable; own: string }) {
    this.#target = target;
    if (area instanceof ComposeArea) {
      this.#compose = area;
      ({ cachedir: this.cachedir, work: this.work, directory: this.directory } = area);
      area.beginUnsynced();
    } else {
      this.#lock = area.lock;
      this.cachedir = area.own;
      this.directory = WorkDir.create(`${area.own}/tmp`);
      this.work = Repo.init(this.directory.join("repo"), { mode: target.mode, parent: target });
    }
  }

  /** Open and lock the area, sweeping what a dead owner left. @throws {ComposeError} `compose/busy`. */
  static async open(options: LayerAreaOptions): Promise<LayerArea> {
    const { target } = options;
    if (target.mode !== "bare") {
      return new LayerArea(target, await ComposeArea.open(options));
    }
    const own = `${Deno.realPathSync(target.path)}/extensions/aptostree`;
    Deno.mkdirSync(own, { recursive: true });
    const call = pickDefined(options, "noWait", "progress", "signal");
    const lock = await holdLock(`${own}/compose.lock`, target.path, call);
    try {
      return new LayerArea(target, { lock, own });
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /** Make sure that a commit of the target can be read here. */
  async bring(commit: string): Promise<void> {
    if (this.#compose) await pullLocal(this.#target, this.work, [commit]);
  }

  /**
   * Let a commit appear in the target, at once and on its disk; beside it, where it is worked on
   * directly, the packages that were imported for it.
   *
   * @param ref Ref that names it there.
   */
  async publish(commit: string, ref: string | undefined, signal?: AbortSignal): Promise<void> {
    const refs = new Map(this.#compose ? [] : this.work.listRefs());
    if (ref !== undefined) refs.set(ref, commit);
    if (this.#compose) {
      using txn = this.work.transaction();
      if (ref !== undefined) txn.setRef(ref, commit);
      txn.commit({ sync: true });
      this.#compose.endUnsynced();
    }
    const commits = [...new Set([commit, ...refs.values()])];
    await pullLocal(this.work, this.#target, commits, { refs, ...(signal ? { signal } : {}) });
  }

  /** Remove what is temporary and let go of the locks. */
  [Symbol.dispose](): void {
    if (this.#compose) return this.#compose[Symbol.dispose]();
    this.directory[Symbol.dispose]();
    this.#lock?.[Symbol.dispose]();
  }
}
