import { workerScope } from "@apt-ostree/base";
import { pullContent } from "./pull_content.ts";
import { Repo } from "./repo.ts";

/** What a worker is asked to do. */
export interface PullJob {
  readonly source: string;
  readonly target: string;
  readonly checksums: readonly string[];
}

const scope = workerScope();

scope.onmessage = ({ data }: MessageEvent<PullJob>) => {
  const source = Repo.open(data.source);
  using txn = Repo.open(data.target).transaction();
  for (const checksum of data.checksums) pullContent(source, txn, checksum);
  txn.commit({ sync: false }); // the commit that follows waits for the disk, for all at once
  scope.postMessage(txn.bytesWritten);
  scope.close();
};
