import { workerScope } from "@apt-ostree/base";
import { Repo, type Transaction } from "@apt-ostree/ostree";
import { importDeb, type ImportJob } from "./import_deb.ts";

/** What is asked of a worker: first the repository, then packages, at last to publish. */
export type ImportRequest =
  | { readonly type: "open"; readonly repo: string }
  | { readonly type: "import"; readonly job: ImportJob }
  | { readonly type: "close" }
  /** Give up: what is being imported, and all that is not published. */
  | { readonly type: "abort" };

/** What a worker answers, one answer to each request. */
export type ImportAnswer =
  | { readonly type: "ready" }
  | { readonly type: "imported"; readonly path: string }
  | { readonly type: "closed" }
  | { readonly type: "aborted" }
  | { readonly type: "failed"; readonly error: SentError };

/** An error as it crosses from a worker: classes do not. */
export interface SentError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly subject: string | undefined;
  readonly hint: string | undefined;
}

/** Packages after which a worker publishes what it has, so that an interruption costs little. */
const BATCH = 64;

const scope = workerScope();
let repo: Repo | undefined;
let txn: Transaction | undefined;
let waiting = 0;

const stop = new AbortController();
let current: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }: MessageEvent<ImportRequest>) => {
  if (data.type === "abort") stop.abort();
  current = current.then(() => respond(data));
};

async function respond(request: ImportRequest): Promise<void> {
  try {
    scope.postMessage(await answer(request));
  } catch (error) {
    giveUp();
    scope.postMessage({ type: "failed", error: describe(error) } satisfies ImportAnswer);
  }
}

async function answer(request: ImportRequest): Promise<ImportAnswer> {
  if (request.type === "open") {
    repo = Repo.open(request.repo);
    return { type: "ready" };
  }
  if (request.type === "abort") {
    giveUp();
    return { type: "aborted" };
  }
  if (!repo) throw new TypeError("Cannot import: no repository is open");
  if (request.type === "import") {
    txn ??= repo.transaction();
    await importDeb(repo, txn, request.job, { signal: stop.signal });
    if (++waiting >= BATCH) publish();
    return { type: "imported", path: request.job.path };
  }
  publish();
  return { type: "closed" };
}

/** The disk is waited for once, by the commit of the whole compose. */
function publish(): void {
  txn?.commit({ sync: false });
  txn = undefined;
  waiting = 0;
}

function giveUp(): void {
  txn?.abort();
  txn = undefined;
}

function describe(error: unknown): SentError {
  const fields = (error instanceof Error ? error : new Error(String(error))) as
    & Error
    & Partial<SentError>;
  return {
    name: fields.name,
    code: typeof fields.code === "string" ? fields.code : undefined,
    message: fields.message,
    subject: fields.subject,
    hint: fields.hint,
  };
}
