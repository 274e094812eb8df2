import type { WorkerAnswer, WorkerRequest } from "./worker_protocol.ts";

/** The side of a worker that its own code sees; its type is not among a library's globals. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

/** What a worker does. */
export interface WorkerService<Request, Answer> {
  /** Carry out one request; the next waits until it is done. */
  handle(request: Request, signal: AbortSignal): Promise<Answer> | Answer;
  /** Let go of everything that is open: after a failure, and when the owner gives up. */
  giveUp(): void;
}

/**
 * Make this worker answer the requests of a `WorkerClient`.
 *
 * Requests are carried out one after the other. A failure is sent back as data, since classes do not
 * cross; when the owner gives up, what runs is told by its signal.
 */
export function serveWorker<Request, Answer>(service: WorkerService<Request, Answer>): void {
  const scope = globalThis as unknown as WorkerScope;
  const stop = new AbortController();
  let current: Promise<void> = Promise.resolve();
  const respond = async (message: WorkerRequest<Request>) => {
    let answer: WorkerAnswer<Answer>;
    try {
      if (message.type === "abort") {
        service.giveUp();
        answer = { type: "aborted" };
      } else {answer = {
          type: "answer",
          answer: await service.handle(message.request, stop.signal),
        };}
    } catch (error) {
      service.giveUp();
      answer = { type: "failed", error: describe(error) };
    }
    scope.postMessage(answer);
  };
  scope.onmessage = ({ data }: MessageEvent<WorkerRequest<Request>>) => {
    if (data.type === "abort") stop.abort();
    current = current.then(() => respond(data));
  };
}

function describe(error: unknown): Extract<WorkerAnswer<never>, { type: "failed" }>["error"] {
  const fields = (error instanceof Error ? error : new Error(String(error))) as Error & {
    readonly code?: unknown;
    readonly subject?: string;
    readonly hint?: string;
  };
  return {
    name: fields.name,
    code: typeof fields.code === "string" ? fields.code : undefined,
    message: fields.message,
    subject: fields.subject,
    hint: fields.hint,
  };
}
