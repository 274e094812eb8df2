/** The side of a worker that its own code sees. */
export interface WorkerScope {
  /** Receives what the owner of the worker sends. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Send something to the owner. */
  postMessage(message: unknown): void;
  /** End the worker. */
  close(): void;
}

/** The global object, for code that runs as a worker; its type is not among a library's globals. */
export function workerScope(): WorkerScope {
  return globalThis as unknown as WorkerScope;
}
