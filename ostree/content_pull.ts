import { WorkerClient } from "@apt-ostree/base";
import type { PullRequest } from "./pull_worker.ts";
import type { Repo } from "./repo.ts";

/** Files that a worker takes at a time: small enough to stop soon. */
const BATCH = 64;

/**
 * Content objects on their way from one repository to another, in workers.
 *
 * Nothing shows in the target until {@linkcode ContentPull.publish}; whoever began early, while the
 * commit was still being made, finds most of the work done.
 */
export class ContentPull {
  readonly #workers: WorkerClient<PullRequest, void>[];
  readonly #queue: string[];
  /** All files that were ever asked for. */
  readonly #known: Set<string>;
  #lanes: Promise<void>[];
  #stopping = false;

  /**
   * Begin.
   *
   * @param files Checksums; what the target has already is passed over.
   * @param workers How many work at once.
   */
  constructor(source: Repo, target: Repo, files: Iterable<string>, workers: number) {
    this.#known = new Set(files);
    this.#queue = [...this.#known];
    const module = new URL("./pull_worker.ts", import.meta.url);
    this.#workers = Array.from(
      { length: workers },
      () => new WorkerClient<PullRequest, void>(module),
    );
    this.#lanes = this.#workers.map(async (worker) => {
      await worker.ask({ type: "open", source: source.path, target: target.path });
    });
    this.#go();
  }

  /** Take further files. */
  add(files: Iterable<string>): void {
    const more = [...new Set(files).difference(this.#known)];
    for (const file of more) this.#known.add(file);
    this.#queue.push(...more);
    this.#go();
  }

  /** Wait until every file has come. @throws {ObjectError} If one is missing or damaged. */
  async finish(): Promise<void> {
    await Promise.all(this.#lanes);
  }

  /** Take no more files, unless there are few, and let what has come appear in the target. */
  async publish(): Promise<void> {
    this.#stopping = this.#queue.length > BATCH;
    await Promise.all(this.#lanes);
    await Promise.all(this.#workers.map((worker) => worker.ask({ type: "publish" })));
  }

  #go(): void {
    this.#lanes = this.#lanes.map(async (before, at) => {
      await before;
      for (let batch; !this.#stopping && (batch = this.#queue.splice(0, BATCH)).length > 0;) {
        await this.#workers[at]!.ask({ type: "files", checksums: batch });
      }
    });
    for (const lane of this.#lanes) lane.catch(() => {}); // thrown by finish() or publish()
  }

  /** End the workers; what was not published is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }
}
