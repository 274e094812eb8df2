import type { InstallOptions } from "@apt-ostree/core";
import type { OptionTable, OptionValues } from "./command.ts";
import { CliError } from "./error.ts";
import { given } from "./option_values.ts";
import { sourceDateEpoch } from "./source_date_epoch.ts";

/** Options of commands that turn a treefile into a tree. */
export const INSTALL_OPTIONS = {
  "repo": { type: "string", short: "r", value: "REPO", help: "Repository that takes the commit" },
  "source-root": {
    type: "string",
    value: "PATH",
    help: "Use the package sources of the system at PATH where the treefile names none",
  },
  "cachedir": { type: "string", value: "DIR", help: "Keep downloads and imported packages here" },
  "cache-only": { type: "boolean", help: "Use no network" },
  "force-nocache": { type: "boolean", help: "Compose even if nothing has changed" },
  "download-only": { type: "boolean", help: "Stop once the packages are imported" },
  "download-only-debs": {
    type: "boolean",
    help: "Stop once the packages are downloaded",
    aliases: ["download-only-rpms"],
  },
  "touch-if-changed": {
    type: "string",
    value: "FILE",
    help: "Make the date of FILE now if something has changed; with --dry-run if it would",
  },
  "previous-commit": {
    type: "string",
    value: "COMMIT",
    help: "Look for changes against this commit",
  },
  "previous-inputhash": {
    type: "string",
    value: "DIGEST",
    help: "Look for changes against this input hash",
  },
  "previous-version": {
    type: "string",
    value: "VERSION",
    help: "Count the version on from this one",
  },
  "workdir": {
    type: "string",
    value: "DIR",
    help: "No effect: work is done in the cache",
    hidden: true,
  },
  "workdir-tmpfs": { type: "boolean", help: "No effect", hidden: true },
  "disable-selinux": { type: "boolean", help: "No effect: files get no labels", hidden: true },
  "layer-repo": {
    type: "string",
    value: "REPO",
    help: "Repository of ostree-layers and ostree-override-layers",
  },
  "print-only": { type: "boolean", help: "Print the merged treefile and stop" },
  "dry-run": { type: "boolean", help: "Print the packages and stop" },
  "ex-write-lockfile-to": { type: "string", value: "FILE", help: "Write a lockfile to FILE" },
  "ex-lockfile": {
    type: "list",
    value: "FILE",
    help: "Use the versions that FILE names, as --ex-write-lockfile-to wrote it",
  },
  "ex-lockfile-strict": {
    type: "boolean",
    help: "With --ex-lockfile, install nothing that it does not name",
  },
  "proxy": { type: "string", value: "PROXY", help: "HTTP proxy" },
} as const satisfies OptionTable;

/** Option that rpm-ostree's composes have and that says nothing here. */
export const UNIFIED_CORE = {
  "unified-core": {
    type: "boolean",
    help: "No effect: there is no other way",
    hidden: true,
    aliases: ["ex-unified-core"],
  },
} as const satisfies OptionTable;

/** Options of commands that wait for one another. */
export const NO_WAIT = {
  "no-wait": {
    type: "boolean",
    help: "Fail if another compose is at work there, instead of waiting",
  },
} as const satisfies OptionTable;

/** What the options say. @throws {CliError} `cli/bad-option`. */
export function installOptions(
  values: OptionValues<typeof INSTALL_OPTIONS & typeof NO_WAIT>,
): Omit<InstallOptions, "treefile"> {
  if (values["ex-lockfile-strict"] && values["ex-lockfile"].length === 0) {
    throw new CliError("cli/bad-option", "Cannot use --ex-lockfile-strict without --ex-lockfile", {
      subject: "--ex-lockfile-strict",
      hint: "Name the lockfile",
    });
  }
  const downloadOnly = values["download-only-debs"]
    ? "debs"
    : values["download-only"]
    ? "imported"
    : undefined;
  return {
    cacheOnly: values["cache-only"],
    forceNocache: values["force-nocache"],
    printOnly: values["print-only"],
    dryRun: values["dry-run"],
    noWait: values["no-wait"],
    lockfiles: values["ex-lockfile"],
    lockfileStrict: values["ex-lockfile-strict"],
    ...sourceDateEpoch(),
    ...given({
      repo: values.repo,
      cachedir: values.cachedir,
      sourceRoot: values["source-root"],
      writeLockfileTo: values["ex-write-lockfile-to"],
      proxy: values.proxy,
      touchIfChanged: values["touch-if-changed"],
      previousCommit: values["previous-commit"],
      previousInputhash: values["previous-inputhash"],
      previousVersion: values["previous-version"],
      layerRepo: values["layer-repo"],
      downloadOnly: downloadOnly as "debs" | "imported" | undefined,
    }),
  };
}
