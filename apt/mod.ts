/**
 * Debian packages and archives: formats, .deb reading, and an apt that installs nothing.
 *
 * {@linkcode AptRoot} is the machine's real apt in a directory of its own: it fetches package lists,
 * chooses packages, says why something cannot be had, and downloads; it never changes a system.
 * {@linkcode openDeb} and {@linkcode openDebStream} read packages without unpacking them. Functions
 * named `parse…` are pure: deb822, sources, Release, Packages, Contents, dependencies, changelogs,
 * checksums; {@linkcode compareVersions} orders versions as dpkg does.
 *
 * @example What installing a package would bring
 * ```ts
 * import { AptRoot, readHostSources } from "@apt-ostree/apt";
 *
 * async function wouldInstall(name: string, dir: string): Promise<string[]> {
 *   const sources = readHostSources();
 *   const apt = await AptRoot.create({ dir, architecture: "amd64", sources });
 *   await apt.update();
 *   const { packages } = await apt.plan({ install: [name], essential: false });
 *   return packages.map((each) => `${each.name} ${each.version}, for ${each.askedBy ?? "you"}`);
 * }
 * ```
 *
 * @module
 */
export { type AptCallOptions, AptRoot, type AptRootOptions } from "./apt_root.ts";
export { AR_HEADER_SIZE, AR_MAGIC, type ArHeader, parseArHeader } from "./ar_header.ts";
export { type ChangelogEntry, parseChangelog } from "./changelog.ts";
export { type ListedChecksum, parseChecksumList } from "./checksum_list.ts";
export { compareVersions, splitVersion, type VersionParts } from "./compare_versions.ts";
export { type ContentsEntry, parseContents } from "./contents_index.ts";
export { Deb822Document } from "./deb822_document.ts";
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
export { PackagesIndex } from "./packages_index.ts";
export {
  type Plan,
  type PlannedPackage,
  type PlanReason,
  type PlanRequest,
  type Removal,
} from "./plan.ts";
export { type PreferencesFile } from "./preferences.ts";
export { type OpenDebOptions } from "./deb_limits.ts";
export { type ControlMember, type Deb, openDeb } from "./read_deb.ts";
export { type Repository } from "./repositories.ts";
export { parseRelease, type Release, signedText } from "./release.ts";
export {
  type FoundPackage,
  makeSearchTable,
  searchPackages,
  type SearchResult,
  type SearchTable,
} from "./search_packages.ts";
export { reverseDependencies, type ReverseDependency } from "./reverse_dependencies.ts";
export { openDebStream } from "./stream_deb.ts";
export { anchorSources, type AptSource, parseSources, type SourcesFile } from "./sources.ts";
