import { AptOstreeError } from "./error.ts";
import type { WorkerAnswer, WorkerRequest } from "./worker_protocol.ts";

/** A worker that died instead of answering. */
export class WorkerError extends AptOstreeError<"worker/died"> {}

/** A worker that runs `serveWorker`, and its one open question. */
export class WorkerClient<Request, Answer> {
  readonly #worker: Worker;

  /** Start a worker. @param module Its module. */
  constructor(module: URL) {
    this.#worker = new Worker(module, { type: "module" });
  }

  /**
   * Ask for something, and wait for the answer.
   *
   * @throws {AptOstreeError} The worker's own error, by its code; {@linkcode WorkerError} if it died.
   */
  ask(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerAnswer<Answer>>) => {
      if (data.type === "answer") resolve(data.answer);
      else if (data.type === "failed") reject(revive(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const message = `Cannot go on: a worker died: ${event.message}`;
      reject(new WorkerError("worker/died", message, { hint: "Report this", cause: event.error }));
    };
    this.#worker.postMessage({ type: "request", request } satisfies WorkerRequest<Request>);
    return promise;
  }

  /** Let the worker give up what it has open, so that nothing of it stays anywhere; then end it. */
  async end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerAnswer<Answer>>) => {
      if (data.type === "aborted") resolve();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      resolve();
    };
    this.#worker.postMessage({ type: "abort" } satisfies WorkerRequest<Request>);
    await promise;
    this.#worker.terminate();
  }
}

function revive(sent: Extract<WorkerAnswer<never>, { type: "failed" }>["error"]): Error {
  const { name, code, message, subject, hint } = sent;
  const known = { ...(subject ? { subject } : {}), ...(hint ? { hint } : {}) };
  const error = code === undefined ? new Error(message) : new AptOstreeError(code, message, known);
  error.name = name;
  return error;
}
