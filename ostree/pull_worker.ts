/// <reference lib="deno.worker" />
import { pullContent } from "./pull_content.ts";
import { Repo } from "./repo.ts";

/** What a worker is asked to do. */
export interface PullJob {
  readonly source: string;
  readonly target: string;
  readonly checksums: readonly string[];
}

self.onmessage = ({ data }: MessageEvent<PullJob>) => {
  const source = Repo.open(data.source);
  using txn = Repo.open(data.target).transaction();
  for (const checksum of data.checksums) pullContent(source, txn, checksum);
  txn.commit({ sync: false }); // the commit that follows waits for the disk, for all at once
  self.postMessage(txn.bytesWritten);
  self.close();
};
