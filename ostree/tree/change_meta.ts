import type { Xattr } from "@apt-ostree/base";
import type { ContentMeta } from "../object/content.ts";
import type { DirMeta } from "../object/dir_meta.ts";
import type { Transaction } from "../transaction.ts";
import { rewriteContent } from "../transfer_content.ts";
import type { Tree } from "./tree.ts";

/** What {@linkcode changeMeta} gives a file or directory; what is left out stays. */
export interface MetaChange {
  /** Number of the owner. */
  readonly uid?: number;
  /** Number of the group. */
  readonly gid?: number;
  /** Permission bits, at most 0o7777; symbolic links have none and keep theirs. */
  readonly mode?: number;
  /** All extended attributes. */
  readonly xattrs?: readonly Xattr[];
}

/**
 * Give a file, link or directory of a tree another owner, mode or attributes.
 *
 * @param txn Where a file's bytes are written anew; files that wait in it can be changed too.
 * @throws {TreeError} `tree/not-found`.
 */
export async function changeMeta(
  txn: Transaction,
  tree: Tree,
  path: string,
  change: MetaChange,
): Promise<void> {
  const entry = tree.require(path);
  if (entry.type === "dir") return tree.setMeta(path, changed<DirMeta>(tree.meta(path), change));
  const checksum = await rewriteContent(
    txn,
    txn,
    entry.checksum,
    (meta) => changed<ContentMeta>(meta, change),
  );
  tree.putFile(path, checksum);
}

function changed<Meta extends ContentMeta | DirMeta>(meta: Meta, change: MetaChange): Meta {
  const { mode, ...rest } = change;
  return { ...meta, ...rest, ...(mode !== undefined && "mode" in meta ? { mode } : {}) };
}
