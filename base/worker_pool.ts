import { WorkerClient } from "./worker_client.ts";

/** Workers of one kind that share a queue of requests. */
export class WorkerPool<Request, Answer> implements AsyncDisposable {
  readonly #workers: WorkerClient<Request, Answer>[];
  /** What each worker does now; a request goes to the one that is free first. */
  readonly #free: WorkerClient<Request, Answer>[];
  readonly #waiting: ((worker: WorkerClient<Request, Answer>) => void)[] = [];

  /**
   * Start workers.
   *
   * @param module Module that calls `serveWorker`.
   * @param count How many. @default the number of cores, at most 8
   */
  constructor(module: URL, count: number = Math.min(navigator.hardwareConcurrency, 8)) {
    this.#workers = Array.from({ length: count }, () => new WorkerClient<Request, Answer>(module));
    this.#free = [...this.#workers];
  }

  /** Ask every worker the same; none may be at work. */
  async askAll(request: Request): Promise<Answer[]> {
    return await Promise.all(this.#workers.map((worker) => worker.ask(request)));
  }

  /**
   * Wait for a free worker and ask it.
   *
   * @returns The answer to come, once a worker has taken the request: who awaits the call before the
   * next never has more requests under way than there are workers.
   */
  async ask(request: Request): Promise<{ readonly answer: Promise<Answer> }> {
    const worker = this.#free.pop() ??
      await new Promise<WorkerClient<Request, Answer>>((resolve) => this.#waiting.push(resolve));
    const answer = worker.ask(request).finally(() => {
      const next = this.#waiting.shift();
      if (next) next(worker);
      else this.#free.push(worker);
    });
    answer.catch(() => {}); // thrown where the answer is awaited
    return { answer };
  }

  /** End the workers; what they have open is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }
}
