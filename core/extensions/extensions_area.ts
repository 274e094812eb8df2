import type { Progress } from "@apt-ostree/base";
import { WorkDir } from "@apt-ostree/sandbox";
import { holdLock } from "../compose/hold_lock.ts";

/** How {@linkcode ExtensionsArea.open} goes about it. */
export interface ExtensionsAreaOptions {
  /** Directory that takes the packages; made where it is missing. */
  readonly outputDir: string;
  /** Path of the repository that has the base. */
  readonly repo?: string;
  /** Directory for package lists and downloads. @default inside the repository */
  readonly cachedir?: string;
  /** Gives up waiting for the locks; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** Where package lists and downloads lie; locked, with the output directory, against a second one. */
export class ExtensionsArea implements Disposable {
  /** Directory of the isolated apt. */
  readonly apt: string;
  /** Directory of downloads. */
  readonly debs: string;
  readonly #held: readonly Disposable[];

  private constructor(apt: string, debs: string, held: readonly Disposable[]) {
    Deno.mkdirSync(debs, { recursive: true });
    this.apt = apt;
    this.debs = debs;
    this.#held = held;
  }

  /** Make the directories and wait for their locks. */
  static async open(options: ExtensionsAreaOptions): Promise<ExtensionsArea> {
    const { outputDir, repo, cachedir } = options;
    const kept = cachedir ?? (repo === undefined ? undefined : `${repo}/extensions/aptostree`);
    for (const path of [outputDir, kept]) {
      if (path !== undefined) Deno.mkdirSync(path, { recursive: true });
    }
    const held: Disposable[] = [];
    try {
      held.push(await holdLock(outputDir, outputDir, options));
      if (kept !== undefined) {
        held.push(await holdLock(`${kept}/compose.lock`, cachedir ?? repo!, options));
      }
      if (cachedir !== undefined) {
        const dir = Deno.realPathSync(cachedir);
        return new ExtensionsArea(`${dir}/apt`, `${dir}/debs`, held);
      }
      // Downloads end in the output directory: a copy is kept only for those who asked.
      const dir = Deno.realPathSync(kept ?? outputDir);
      const work = WorkDir.create(kept === undefined ? dir : `${dir}/tmp`);
      held.unshift(work);
      const apt = kept === undefined ? work.join("apt") : `${dir}/apt`;
      return new ExtensionsArea(apt, work.join("debs"), held);
    } catch (error) {
      for (const each of held) each[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.#held) each[Symbol.dispose]();
  }
}
