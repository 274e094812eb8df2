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
export { countObjects, type ObjectCount } from "./count_objects.ts";
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
export { exportTar, type ExportTarOptions } from "./export_tar.ts";
export { fsck, type FsckProblem, type FsckReport } from "./fsck.ts";
export { importDirectory, type ImportDirectoryOptions } from "./import_directory.ts";
export { importTar, type ImportTarOptions, TarImport } from "./import_tar.ts";
export { prune, type PruneOptions, type PruneStats } from "./prune.ts";
export { pullLocal, type PullLocalOptions, type PullStats } from "./pull.ts";
export { checkRef } from "./ref.ts";
export { Repo } from "./repo.ts";
export { formatKeyFile, type KeyFile, parseKeyFile, type RepoMode } from "./repo_config.ts";
export { pullRemote, type PullRemoteOptions } from "./pull_remote.ts";
export { type LogEntry, readLog } from "./read_log.ts";
export { readPath } from "./read_path.ts";
export { readRemotes, type Remote, setRemote } from "./remote.ts";
export {
  type Ed25519Keys,
  ed25519Signer,
  ed25519Verifier,
  generateEd25519Keys,
} from "./sign/ed25519.ts";
export {
  gpgSigner,
  type GpgSignerOptions,
  gpgVerifier,
  type GpgVerifierOptions,
} from "./sign/gpg.ts";
export { spkiSigner } from "./sign/spki.ts";
export { signCommit, type Signer, type Verifier, verifyCommit } from "./sign/signature.ts";
export {
  exportSplitXattrs,
  splitObjectPath,
  writeSplitContent,
  writeSplitRepo,
} from "./split_xattrs/export_split_xattrs.ts";
export {
  decodeSummary,
  generateDelta,
  type OstreeCallOptions,
  readSummary,
  type Summary,
  type SummaryRef,
  updateSummary,
} from "./summary.ts";
export { type Deployment, readDeployments } from "./sysroot.ts";
export { type ContentInfo, type ObjectSource } from "./stored_content.ts";
export { type ImportFileOptions, Transaction } from "./transaction.ts";
export { applyOverlay, type OverlayChange, type OverlayStats } from "./tree/apply_overlay.ts";
export { changeMeta, type MetaChange } from "./tree/change_meta.ts";
export { globTree } from "./tree/glob_tree.ts";
export { mergeTrees } from "./tree/merge_trees.ts";
export { Tree, type TreeEntry } from "./tree/tree.ts";
export { type ConflictPolicy, type TreeConflict, uniteTrees } from "./tree/unite_trees.ts";
export { decodeVariant } from "./variant/decode.ts";
export { encodeVariant } from "./variant/encode.ts";
export { type Variant, variant, type VariantDict } from "./variant/variant.ts";
