import { serveWorker } from "@apt-ostree/base";
import { Repo } from "./repo.ts";
import type { ImportFileOptions, Transaction } from "./transaction.ts";

/** What is asked of a worker: first the repository, then files of one directory, at last to publish. */
export type ImportRequest =
  | { readonly type: "open"; readonly repo: string; readonly options: ImportFileOptions }
  | { readonly type: "files"; readonly dir: string; readonly names: readonly string[] }
  | { readonly type: "publish" };

let repo: Repo | undefined;
let options: ImportFileOptions = {};
let txn: Transaction | undefined;

/** Answers with the checksums of the files, in the order of their names. */
serveWorker<ImportRequest, string[]>({
  handle(request) {
    if (request.type === "open") {
      repo = Repo.open(request.repo);
      options = request.options;
      return [];
    }
    if (!repo) throw new TypeError("Cannot import: no repository is open");
    if (request.type === "files") {
      const open = txn ??= repo.transaction();
      return request.names.map((name) => open.importFile(`${request.dir}/${name}`, options));
    }
    txn?.commit({ sync: false }); // the commit that follows waits for the disk, for all at once
    txn = undefined;
    return [];
  },
  giveUp() {
    txn?.abort();
    txn = undefined;
  },
});
