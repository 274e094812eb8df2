import { AptOstreeError } from "@apt-ostree/base";

/** A .deb that cannot be read. */
export class DebError extends AptOstreeError<
  | "deb/bad-header"
  | "deb/truncated"
  | "deb/unsupported"
  | "deb/bad-control"
  | "deb/too-large"
  | "deb/bad-data"
> {}

/** Text in deb822 form, or a value in it, that cannot be read. */
export class FormatError extends AptOstreeError<
  | "format/bad-deb822"
  | "format/bad-dependency"
  | "format/bad-sources"
  | "format/bad-lockfile"
  | "format/bad-release"
  | "format/bad-checksums"
  | "format/bad-index"
  | "format/bad-changelog"
> {}

/** What apt refused, or could not get. */
export class AptError extends AptOstreeError<
  | "apt/missing"
  | "apt/no-sources"
  | "apt/untrusted-source"
  | "apt/update-failed"
  | "apt/no-such-package"
  | "apt/conflict"
  | "apt/failed"
  | "apt/not-cached"
  | "apt/bad-download"
  | "apt/download-failed"
  | "apt/locked-differently"
  | "apt/expired-source"
  | "apt/replayed-source"
  | "apt/weak-source"
  | "apt/no-snapshot"
> {}
