import { createHash } from "node:crypto";
import { ObjectError } from "../error.ts";
import { decodeVariant } from "../variant/decode.ts";
import { encodeVariant } from "../variant/encode.ts";
import type { VariantDict } from "../variant/variant.ts";
import type { TreeChecksums } from "./dir_tree.ts";
import { checksumBytes, checksumFromBytes } from "./name.ts";
import { swap64 } from "./xattrs.ts";

/** A commit: a tree, and what is known about it. */
export interface Commit {
  /** The tree. */
  readonly root: TreeChecksums;
  /** Checksum of the commit before it. */
  readonly parent?: string;
  /** First line of the message. */
  readonly subject?: string;
  /** Rest of the message. */
  readonly body?: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Metadata in the order it is written in. */
  readonly metadata?: VariantDict;
}

const COMMIT_TYPE = "(a{sv}aya(say)sstayay)";

/**
 * Bytes of a commit object.
 *
 * @throws {ObjectError} `object/bad-name` if a metadata key is empty.
 */
export function encodeCommit(commit: Commit): Uint8Array<ArrayBuffer> {
  if (commit.metadata?.has("")) {
    throw new ObjectError("object/bad-name", "Cannot write commit: a metadata key is empty");
  }
  return encodeVariant(COMMIT_TYPE, [
    new Map(commit.metadata ?? []),
    commit.parent === undefined ? new Uint8Array() : checksumBytes(commit.parent),
    [],
    commit.subject ?? "",
    commit.body ?? "",
    swap64(BigInt(commit.timestamp)),
    checksumBytes(commit.root.dirtree),
    checksumBytes(commit.root.dirmeta),
  ]);
}

/** Read a commit object. @throws {ObjectError} `object/corrupt`. */
export function decodeCommit(
  bytes: Uint8Array,
): Required<Omit<Commit, "parent">> & Pick<Commit, "parent"> {
  const [metadata, parent, related, subject, body, timestamp, dirtree, dirmeta] = decodeVariant(
    COMMIT_TYPE,
    bytes,
  ) as [VariantDict, Uint8Array, unknown[], string, string, bigint, Uint8Array, Uint8Array];
  if (related.length > 0 || metadata.has("")) {
    throw new ObjectError("object/corrupt", "Cannot read commit: related objects or an empty key");
  }
  return {
    metadata,
    ...(parent.length === 0 ? {} : { parent: checksumFromBytes(parent) }),
    subject,
    body,
    timestamp: Number(swap64(timestamp)),
    root: { dirtree: checksumFromBytes(dirtree), dirmeta: checksumFromBytes(dirmeta) },
  };
}

/** Checksum over a commit's tree alone, equal for commits of equal content. */
export function contentRootChecksum(root: TreeChecksums): string {
  return createHash("sha256").update(checksumBytes(root.dirtree)).update(
    checksumBytes(root.dirmeta),
  )
    .digest("hex");
}
