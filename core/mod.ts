/**
 * Whole operations of apt-ostree: from treefiles to commits, from packages to trees.
 *
 * @module
 */
export { Assembly, type AssemblyOptions, type PackageChanges } from "./assemble/assemble_system.ts";
export {
  type DirectoryVerdict,
  type PathFilter,
  WITHOUT_DOCUMENTATION,
} from "./assemble/path_filter.ts";
export { readCommitScripts } from "./audit/commit_scripts.ts";
export { type RecordedScript, type ScriptsRecord } from "./audit/scripts_record.ts";
export { type Conffile } from "./assemble/status_file.ts";
export { becomeRoot } from "./compose/become_root.ts";
export { CHECK_SEVERITIES, type CheckSeverity, type Finding } from "./checks/check.ts";
export { checkCommit, type CheckCommitOptions } from "./checks/check_commit.ts";
export { type CheckSetting, type CheckSettings } from "./checks/check_settings.ts";
export { type CheckReport } from "./checks/run_checks.ts";
export { commitReport } from "./report/commit_report.ts";
export { type InventoryOptions } from "./sbom/inventory.ts";
export { SBOM_FORMATS, type SbomFormat } from "./sbom/sbom_format.ts";
export { readSbom } from "./sbom/write_sbom.ts";
export {
  buildChunkedImage,
  type BuildChunkedImageOptions,
  type ImageSigningKey,
} from "./image/build_chunked_image.ts";
export { buildImage, type BuildImageOptions, isTreefile } from "./image/build_image.ts";
export {
  composeImage,
  type ComposeImageOptions,
  type ComposeImageResult,
  INITIALIZE_MODES,
  type InitializeMode,
} from "./image/compose_image.ts";
export {
  encapsulateCommit,
  type EncapsulatedImage,
  type EncapsulateOptions,
} from "./image/encapsulate_commit.ts";
export {
  encapsulateImage,
  type EncapsulateImageOptions,
  type ImageResult,
} from "./image/encapsulate_image.ts";
export { type ImageComponent, type ImageContents } from "./image/image_contents.ts";
export { readPackageList } from "./compose/commit_metadata.ts";
export { type CommitOptions } from "./compose/commit_options.ts";
export { commitRootfs, type CommitRootfsOptions } from "./compose/commit_rootfs.ts";
export {
  type ComposedRootfs,
  composeRootfs,
  type ComposeRootfsOptions,
} from "./compose/compose_rootfs.ts";
export {
  type ComposedCommit,
  composeTree,
  type ComposeTreeOptions,
  type ComposeTreeResult,
} from "./compose/compose_tree.ts";
export { type InstallOptions } from "./compose/install_options.ts";
export {
  type InstalledTree,
  installTree,
  type InstallTreeOptions,
  type InstallTreeResult,
} from "./compose/install_tree.ts";
export {
  type PostprocessedRootfs,
  postprocessRootfs,
  type PostprocessRootfsOptions,
} from "./compose/postprocess_rootfs.ts";
export { type InstallEnd, type KnownCompose } from "./compose/tree_install.ts";
export {
  AdvisoryError,
  AssembleError,
  ChecksFailedError,
  ComposeError,
  ConflictError,
  ExtensionsError,
  HostError,
  ImageError,
  ImportError,
  LayerError,
} from "./error.ts";
export {
  composeExtensions,
  type ComposeExtensionsOptions,
  type ComposeExtensionsResult,
} from "./extensions/compose_extensions.ts";
export {
  EXTENSION_FIELDS,
  type ExtensionField,
  extensionsSchema,
} from "./extensions/extension_fields.ts";
export { type HostAptOptions, openHostApt, refreshMetadata } from "./host/host_apt.ts";
export { type DeploymentStatus, readStatus, type Status } from "./host/status.ts";
export {
  findPackage,
  importPackages,
  type ImportPackagesOptions,
} from "./import/import_packages.ts";
export { type ImportJob } from "./import/import_deb.ts";
export {
  type NamedOwner,
  type PackageCommit,
  type PackageMetadata,
  readPackageCommit,
} from "./import/package_commit.ts";
export { type PackageId, packageRef, packageTitle } from "./import/package_ref.ts";
export {
  diffPackages,
  type PackageChange,
  type PackageDifference,
} from "./packages/diff_packages.ts";
export { type LayerChange } from "./layer/layer_change.ts";
export {
  type LayeredTree,
  layerPackages,
  type LayerPackagesOptions,
  type LayerResult,
} from "./layer/layer_packages.ts";
export { type LayeringPlan } from "./layer/plan_layering.ts";
export { type EtcMerge } from "./preview/etc_merge.ts";
export { type PreviewFile, type PreviewState } from "./preview/file_changes.ts";
export { type HostEdit } from "./preview/host_requests.ts";
export {
  type NameChanges,
  type Preview,
  previewChange,
  type PreviewOptions,
} from "./preview/preview_change.ts";
export { type PreviewUnit } from "./preview/unit_changes.ts";
export { TreefileError } from "./treefile/error.ts";
export { describeSchema, type FieldSchema } from "./treefile/field_schema.ts";
export { type FieldDefinition, type MergeRule, TREEFILE_FIELDS } from "./treefile/fields.ts";
export { treefileSchema } from "./treefile/json_schema.ts";
export { type ReadTreefile, readTreefile } from "./treefile/read_treefile.ts";
export {
  type AccountCheck,
  formatTreefile,
  type MetadataPlace,
  type OptUsrlocal,
  type SigningKey,
  type Treefile,
  type TreefileFile,
} from "./treefile/treefile.ts";
export { requireOutputs, writeOutput } from "./compose/output_file.ts";
export { databaseVersion } from "./packages/database_version.ts";
export { readChangelogOf } from "./packages/read_changelogs.ts";
export { type Advisory, SEVERITIES, type Severity } from "./packages/advisories.ts";
export {
  noteAdvisory,
  type NotedAdvisory,
  readNotedAdvisories,
} from "./packages/noted_advisories.ts";
export { advisoryFiles, type AdvisoryMatch, readAdvisories } from "./packages/read_advisories.ts";
export { type JsonChange, jsonDiff } from "./packages/json_diff.ts";
export { baseCommit } from "./layer/layer_metadata.ts";
