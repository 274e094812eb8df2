import { serveWorker } from "@apt-ostree/base";
import { pullContent } from "./transfer_content.ts";
import { Repo } from "./repo.ts";
import type { Transaction } from "./transaction.ts";

/** What is asked of a worker: first the repositories, then files, at last to publish. */
export type PullRequest =
  | { readonly type: "open"; readonly source: string; readonly target: string }
  | { readonly type: "files"; readonly checksums: readonly string[] }
  | { readonly type: "publish" };

let source: Repo | undefined;
let target: Repo | undefined;
let txn: Transaction | undefined;

serveWorker<PullRequest, void>({
  async handle(request) {
    if (request.type === "open") {
      source = Repo.open(request.source);
      target = Repo.open(request.target);
      return;
    }
    if (!source || !target) throw new TypeError("Cannot pull: no repositories are open");
    if (request.type === "files") {
      txn ??= target.transaction();
      for (const checksum of request.checksums) await pullContent(source, txn, checksum);
    } else {
      txn?.commit({ sync: false }); // the commit that follows waits for the disk, for all at once
      txn = undefined;
    }
  },
  giveUp() {
    txn?.abort();
    txn = undefined;
  },
});
