/**
 * OSTree repositories in TypeScript: read, change and write them without libostree.
 *
 * {@linkcode Repo} opens one, {@linkcode Transaction} writes to it, {@linkcode Tree} changes a
 * directory tree without touching what stays the same.
 *
 * @module
 */
export {
  type CheckoutOptions,
  type CheckoutStats,
  checkoutTree,
  syncCheckout,
} from "./checkout.ts";
export { commitTree, type CommitTreeOptions } from "./commit_tree.ts";
export { contentPieces } from "./content_pieces.ts";
export { ContentPull } from "./content_pull.ts";
export { diffTrees, type TreeChange } from "./diff.ts";
export {
  ObjectError,
  RefError,
  RepoError,
  SignatureError,
  TreeError,
  VariantError,
} from "./error.ts";
export { FileWriter } from "./file_writer.ts";
export { type Commit, contentRootChecksum, decodeCommit, encodeCommit } from "./object/commit.ts";
export { contentChecksum, type ContentMeta, type FileMeta } from "./object/content.ts";
export { decodeDirMeta, type DirMeta, encodeDirMeta } from "./object/dir_meta.ts";
export {
  decodeDirTree,
  type DirTree,
  encodeDirTree,
  type TreeChecksums,
} from "./object/dir_tree.ts";
export { compareNames, isChecksum, type ObjectType } from "./object/name.ts";
export { fsck, type FsckProblem, type FsckReport } from "./fsck.ts";
export { importDirectory, type ImportDirectoryOptions } from "./import_directory.ts";
export { prune, type PruneOptions, type PruneStats } from "./prune.ts";
export { pullLocal, type PullLocalOptions, type PullStats } from "./pull.ts";
export { checkRef } from "./ref.ts";
export { Repo } from "./repo.ts";
export { formatKeyFile, type KeyFile, parseKeyFile, type RepoMode } from "./repo_config.ts";
export { type Deployment, readDeployments } from "./sysroot.ts";
export { type ContentInfo, type ObjectSource } from "./stored_content.ts";
export { type ImportFileOptions, Transaction } from "./transaction.ts";
export { Tree, type TreeEntry } from "./tree/tree.ts";
export { decodeVariant } from "./variant/decode.ts";
export { encodeVariant } from "./variant/encode.ts";
export { type Variant, variant, type VariantDict } from "./variant/variant.ts";
