import { AptOstreeError, type AptOstreeErrorOptions } from "@apt-ostree/base";
import type { CheckReport } from "./checks/run_checks.ts";

/** A .deb that cannot become a package commit. */
export class ImportError extends AptOstreeError<
  | "import/bad-limit"
  | "import/wrong-checksum"
  | "import/wrong-package"
> {}

/** Two packages that cannot stand in one tree. */
export class ConflictError
  extends AptOstreeError<"merge/file-conflict" | "merge/not-a-directory"> {}

/** A tree that cannot be made from its packages. */
export class AssembleError extends AptOstreeError<
  | "assemble/no-dpkg"
  | "assemble/not-configured"
  | "assemble/bad-debconf"
  | "assemble/special-file"
> {}

/** A compose that cannot go on. */
export class ComposeError extends AptOstreeError<
  | "compose/no-repo"
  | "compose/no-ref"
  | "compose/no-sources"
  | "compose/busy"
  | "compose/needs-root"
  | "compose/unfit-repo"
  | "compose/no-space"
  | "compose/no-kernel-config"
  | "compose/no-initramfs"
  | "compose/several-kernels"
  | "compose/no-such-unit"
  | "compose/not-kept"
  | "compose/bad-metadata"
  | "compose/bad-output"
  | "compose/checks-failed"
  | "compose/no-such-package"
  | "compose/no-such-program"
  | "compose/in-the-way"
  | "compose/accounts-changed"
  | "compose/no-sysusers"
  | "compose/layer-conflict"
  | "compose/no-such-version"
  | "compose/transient-root"
  | "compose/finalize-failed"
  | "compose/no-rootfs"
  | "compose/foreign-rootfs"
  | "compose/unfinished-packages"
  | "compose/not-replaceable"
  | "compose/bad-facts"
  | "compose/postprocessed"
> {}

/** A tree in which checks of severity error have found something. */
export class ChecksFailedError extends ComposeError {
  /** All that was found, warnings too. */
  readonly report: CheckReport;

  /** Create an error about a report. */
  constructor(message: string, report: CheckReport, options: AptOstreeErrorOptions) {
    super("compose/checks-failed", message, options);
    this.report = report;
  }
}

/** A commit that cannot become an image as asked. */
export class ImageError extends AptOstreeError<
  | "image/bad-metadata"
  | "image/bad-root"
  | "image/exists"
  | "image/no-cachedir"
  | "image/no-source"
  | "image/no-key"
> {}

/** Security advisories that cannot be read. */
export class AdvisoryError extends AptOstreeError<"advisory/bad-file"> {}

/** Packages of a base that cannot be changed as asked. */
export class LayerError extends AptOstreeError<
  | "layer/not-a-system"
  | "layer/already-in-base"
  | "layer/not-in-base"
  | "layer/changes-base"
  | "layer/breaks-base"
  | "layer/essential"
  | "layer/kernel-modules"
  | "layer/bad-request"
> {}

/** Extensions that cannot be made for a base. */
export class ExtensionsError extends AptOstreeError<
  | "extensions/bad-file"
  | "extensions/in-base"
  | "extensions/no-base-package"
  | "extensions/changes-base"
  | "extensions/no-base"
  | "extensions/bad-name"
> {}

/** A host that cannot become what it is asked to be. */
export class HostError extends AptOstreeError<
  | "host/no-deployment"
  | "host/no-base"
  | "host/already-requested"
  | "host/not-requested"
  | "host/not-overridden"
  | "host/local-packages"
> {}
