import { createHash } from "node:crypto";
import type { Repo, TreeChecksums } from "@apt-ostree/ostree";
import type { PackageDifference } from "../packages/diff_packages.ts";
import { type JsonChange, jsonDiff } from "../packages/json_diff.ts";
import { countReachable } from "./count_reachable.ts";
import { INPUT_HASH_KEY } from "./commit_metadata.ts";
import type { WrittenCommit } from "./write_commit.ts";

/** What build systems read about a compose, with rpm-ostree's names. */
export interface ComposeJson {
  /** Only where a ref was written. */
  readonly "ref"?: string;
  readonly "ostree-n-metadata-total": number;
  readonly "ostree-n-metadata-written": number;
  readonly "ostree-n-content-total": number;
  readonly "ostree-n-content-written": number;
  readonly "ostree-n-cache-hits": number;
  readonly "ostree-content-bytes-written": number;
  readonly "ostree-commit": string;
  readonly "ostree-content-checksum": string;
  readonly "ostree-version"?: string;
  readonly "ostree-timestamp": string;
  readonly "apt-ostree-inputhash": string;
  /** What differs from the parent's packages, where there is one. */
  readonly "pkgdiff"?: readonly JsonChange[];
}

/** Facts about a commit that was just written to a repository. */
export function composeJson(
  repo: Repo,
  written: WrittenCommit,
  difference: PackageDifference,
): ComposeJson {
  const { root, timestamp, metadata, parent } = repo.readCommit(written.commit);
  const text = (key: string) => metadata.get(key)?.value as string | undefined;
  const total = countReachable(repo, root);
  const version = text("version");
  return {
    ...(written.ref === undefined ? {} : { "ref": written.ref }),
    "ostree-n-metadata-total": total.metadata + 1,
    "ostree-n-metadata-written": written.newMetadata,
    "ostree-n-content-total": total.files,
    "ostree-n-content-written": written.newFiles,
    "ostree-n-cache-hits": total.files - written.newFiles,
    "ostree-content-bytes-written": written.newBytes,
    "ostree-commit": written.commit,
    "ostree-content-checksum": contentChecksum(root),
    ...(version === undefined ? {} : { "ostree-version": version }),
    "ostree-timestamp": new Date(timestamp * 1000).toISOString().replace(".000Z", "Z"),
    "apt-ostree-inputhash": text(INPUT_HASH_KEY) ?? "",
    ...(parent === undefined ? {} : { "pkgdiff": jsonDiff(difference) }),
  };
}

/** Checksum over a commit's files alone. @see ostree-show(1), `ContentChecksum` */
export function contentChecksum({ dirtree, dirmeta }: TreeChecksums): string {
  return createHash("sha256").update(dirtree, "hex").update(dirmeta, "hex").digest("hex");
}
