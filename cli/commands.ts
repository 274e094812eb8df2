import type { Command } from "./command.ts";

/** A command that is loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Left out of the help. */
  readonly hidden?: boolean;
  /** Loads the command; absent for groups. */
  readonly load?: () => Promise<{ readonly command: Command }>;
  /** Said on standard error before any command of a group runs. */
  readonly notice?: string;
  /** Commands of a group. */
  readonly group?: readonly CommandEntry[];
}

const COMPOSE: readonly CommandEntry[] = [
  {
    name: "build-chunked-oci",
    summary: "Generate a chunked container image from a root filesystem",
    load: () => import("./commands/compose_build_chunked_oci.ts"),
  },
  {
    name: "build-image",
    summary: "Make a container image from a treefile, or from a commit",
    load: () => import("./commands/compose_build_image.ts"),
  },
  {
    name: "check",
    summary: "Look through a commit for what hosts must not share, and what is broken",
    load: () => import("./commands/compose_check.ts"),
  },
  {
    name: "commit",
    summary: "Commit a root file system to an OSTree repository",
    load: () => import("./commands/compose_commit.ts"),
  },
  {
    name: "extensions",
    summary: "Put packages into a directory that fit on top of a commit",
    load: () => import("./commands/compose_extensions.ts"),
  },
  {
    name: "container-encapsulate",
    summary: "Generate a reproducible chunked container image from an OSTree commit",
    load: () => import("./commands/compose_container_encapsulate.ts"),
  },
  {
    name: "image",
    summary: "Generate a reproducible chunked container image from a treefile",
    load: () => import("./commands/compose_image.ts"),
  },
  {
    name: "install",
    summary: "Install the packages of a treefile into a directory",
    load: () => import("./commands/compose_install.ts"),
  },
  {
    name: "postprocess",
    summary: "Give a root file system the form that OSTree deploys",
    load: () => import("./commands/compose_postprocess.ts"),
  },
  {
    name: "report",
    summary: "Write a page about a commit: sizes, changes, scripts, checks",
    load: () => import("./commands/compose_report.ts"),
  },
  {
    name: "rootfs",
    summary: "Make the root of a container image from a treefile",
    load: () => import("./commands/compose_rootfs.ts"),
  },
  {
    name: "sbom",
    summary: "Write the bill of materials of a commit",
    load: () => import("./commands/compose_sbom.ts"),
  },
  {
    name: "tree",
    summary: "Process a treefile; install packages and commit the result to an OSTree repository",
    load: () => import("./commands/compose_tree.ts"),
  },
];

const DB: readonly CommandEntry[] = [
  {
    name: "diff",
    summary: "Show package changes between two commits",
    load: () => import("./commands/db_diff.ts"),
  },
  {
    name: "list",
    summary: "List packages within commits",
    load: () => import("./commands/db_list.ts"),
  },
  {
    name: "version",
    summary: "Show package database versions of commits",
    load: () => import("./commands/db_version.ts"),
  },
];

const OVERRIDE: readonly CommandEntry[] = [
  {
    name: "remove",
    summary: "Remove packages from the base layer",
    load: () => import("./commands/override_remove.ts"),
  },
  {
    name: "replace",
    summary: "Replace packages in the base layer",
    load: () => import("./commands/override_replace.ts"),
  },
  {
    name: "reset",
    summary: "Reset currently active package overrides",
    load: () => import("./commands/override_reset.ts"),
  },
];

const INSTALL = {
  summary: "Overlay additional packages",
  load: () => import("./commands/install.ts"),
};
const UNINSTALL = {
  summary: "Remove overlaid additional packages",
  load: () => import("./commands/uninstall.ts"),
};
const UPGRADE = {
  summary: "Perform a system upgrade",
  load: () => import("./commands/upgrade.ts"),
};

/** Commands of `compose` that rpm-ostree had here before. */
const EXPERIMENTAL: readonly CommandEntry[] = COMPOSE.filter(({ name }) =>
  name === "build-chunked-oci" || name === "rootfs"
);

/** All commands; each is loaded when it is called, so that the program starts fast. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "compose",
    summary: "Commands to compose a tree",
    group: COMPOSE,
  },
  {
    name: "container-encapsulate",
    summary: "Generate a reproducible chunked container image from an OSTree commit",
    hidden: true,
    notice: 'Note: it is now called "compose container-encapsulate"',
    load: () => import("./commands/compose_container_encapsulate.ts"),
  },
  { name: "db", summary: "Commands to query the package database", group: DB },
  { name: "deb", summary: "Commands to query the package database", hidden: true, group: DB },
  {
    name: "ex",
    summary: "Commands that may change without notice",
    hidden: true,
    notice: 'Note: commands below "ex" may change without notice',
    group: [{
      name: "scripts",
      summary: "Show what maintainer scripts did while a commit was made",
      load: () => import("./commands/ex_scripts.ts"),
    }],
  },
  {
    name: "experimental",
    summary: "Commands that have moved: see compose",
    hidden: true,
    group: [{
      name: "compose",
      summary: "Commands to compose a tree",
      notice: 'Note: these commands are now called "compose …"',
      group: EXPERIMENTAL,
    }],
  },
  { name: "install", ...INSTALL },
  {
    name: "makecache",
    summary: "Generate apt package lists",
    hidden: true,
    load: () => import("./commands/refresh_md.ts"),
  },
  {
    name: "override",
    summary: "Manage base package overrides",
    group: OVERRIDE,
  },
  { name: "pkg-add", ...INSTALL, hidden: true },
  { name: "pkg-remove", ...UNINSTALL, hidden: true },
  {
    name: "refresh-md",
    summary: "Generate apt package lists",
    load: () => import("./commands/refresh_md.ts"),
  },
  { name: "remove", ...UNINSTALL, hidden: true },
  {
    name: "search",
    summary: "Search for packages",
    load: () => import("./commands/search.ts"),
  },
  {
    name: "status",
    summary: "Get the version of the booted system",
    load: () => import("./commands/status.ts"),
  },
  { name: "uninstall", ...UNINSTALL },
  { name: "update", ...UPGRADE, hidden: true },
  { name: "upgrade", ...UPGRADE },
];
