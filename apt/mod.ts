/**
 * Debian packages and archives: formats, .deb reading, and an apt that installs nothing.
 *
 * @module
 */
export { type AptCallOptions, AptRoot, type AptRootOptions, type Repository } from "./apt_root.ts";
export { AR_HEADER_SIZE, AR_MAGIC, type ArHeader, parseArHeader } from "./ar_header.ts";
export { compareVersions, splitVersion, type VersionParts } from "./compare_versions.ts";
export { formatStanza, getField, parseDeb822, parseStanza, type Stanza } from "./deb822.ts";
export {
  allowsVersion,
  type Alternative,
  type Dependency,
  parseDependencies,
} from "./dependency.ts";
export { type Downloaded, type DownloadOptions, hasSha256 } from "./download.ts";
export { AptError, DebError, FormatError } from "./error.ts";
export { readHostSources } from "./host_sources.ts";
export { nearestNames } from "./nearest_names.ts";
export { type Plan, type PlannedPackage, type PlanReason, type PlanRequest } from "./plan.ts";
export { type ControlMember, type Deb, openDeb, type OpenDebOptions } from "./read_deb.ts";
export { anchorSources, type AptSource, parseSources, type SourcesFile } from "./sources.ts";
