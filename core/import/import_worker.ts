import type { OpenDebOptions } from "@apt-ostree/apt";
import { serveWorker } from "@apt-ostree/base";
import { Repo, type Transaction } from "@apt-ostree/ostree";
import { importDeb, type ImportJob } from "./import_deb.ts";

/** What is asked of a worker: first the repository, then packages, at last to publish. */
export type ImportRequest =
  | {
    readonly type: "open";
    readonly repo: string;
    readonly limits: Omit<OpenDebOptions, "runner" | "signal">;
  }
  | { readonly type: "import"; readonly job: ImportJob }
  | { readonly type: "publish" };

/** Packages after which a worker publishes what it has, so that an interruption costs little. */
const BATCH = 64;

let repo: Repo | undefined;
let txn: Transaction | undefined;
let limits: OpenDebOptions = {};
let waiting = 0;

serveWorker<ImportRequest, void>({
  async handle(request, signal) {
    if (request.type === "open") {
      repo = Repo.open(request.repo);
      limits = request.limits;
      return;
    }
    if (!repo) throw new TypeError("Cannot import: no repository is open");
    if (request.type === "publish") return publish();
    txn ??= repo.transaction();
    await importDeb(repo, txn, request.job, { ...limits, signal });
    if (++waiting >= BATCH) publish();
  },
  giveUp() {
    txn?.abort();
    txn = undefined;
  },
});

/** The disk is waited for once, by the commit of the whole compose. */
function publish(): void {
  txn?.commit({ sync: false });
  txn = undefined;
  waiting = 0;
}
