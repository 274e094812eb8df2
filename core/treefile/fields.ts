/** How a field's values from several files become one. */
export type MergeRule =
  /** The including file's value counts. */
  | "scalar"
  /** Included items come first. */
  | "list"
  /** Keys of the including file count. */
  | "map";

/** Shape of a field's value. */
export type FieldType =
  | "string"
  | "boolean"
  | "string-list"
  | "scalar-map"
  | "any-map"
  | "character";

/** One field of a treefile. */
export interface FieldDefinition {
  readonly type: FieldType;
  readonly merge: MergeRule;
  /** What the field does, in a sentence. */
  readonly text: string;
}

/**
 * The fields that treefiles may have: parser, messages and documentation all come from this table.
 *
 * `packages-ARCH` stands for one field for each architecture.
 */
export const FIELDS = {
  "ref": {
    type: "string",
    merge: "scalar",
    text: "The ref to write, for example debian/12/${basearch}/minimal.",
  },
  "basearch": {
    type: "string",
    merge: "scalar",
    text: "Architecture that the tree is for, as the kernel says it; has to be this machine's.",
  },
  "packages": {
    type: "string-list",
    merge: "list",
    text: "Packages to install, as apt takes them; an item may hold several, divided by spaces.",
  },
  "packages-ARCH": {
    type: "string-list",
    merge: "list",
    text:
      "Packages for one architecture alone, named as the kernel or as dpkg does: packages-x86_64, packages-amd64.",
  },
  "exclude-packages": {
    type: "string-list",
    merge: "list",
    text: "Packages that must not come in, not even as a dependency.",
  },
  "repos": {
    type: "string-list",
    merge: "list",
    text:
      "Names of .sources or .list files beside the treefile. Without it the sources of this machine are used.",
  },
  "snapshot": {
    type: "string",
    merge: "scalar",
    text:
      "Date as 20260131T120000Z: the sources as they were then, where their Release files name snapshots.",
  },
  "recommends": {
    type: "boolean",
    merge: "scalar",
    text: "Whether recommended packages are installed. Default: true.",
  },
  "documentation": {
    type: "boolean",
    merge: "scalar",
    text: "Whether manuals and documentation are kept; licences always are. Default: true.",
  },
  "units": { type: "string-list", merge: "list", text: "systemd units to enable." },
  "default-target": {
    type: "string",
    merge: "scalar",
    text: "The systemd target that the system boots to.",
  },
  "postprocess": {
    type: "string-list",
    merge: "list",
    text: "Scripts that run in the finished tree, in a sandbox; without a #! line by /bin/sh.",
  },
  "add-commit-metadata": { type: "any-map", merge: "map", text: "Further metadata of the commit." },
  "automatic-version-prefix": {
    type: "string",
    merge: "scalar",
    text: "Beginning of the version; a number that counts up follows. May hold <date:%Y%m%d>.",
  },
  "automatic-version-suffix": {
    type: "character",
    merge: "scalar",
    text: "Character between prefix and number. Default: a dot.",
  },
  "include": {
    type: "string-list",
    merge: "list",
    text: "Treefiles whose fields this one takes over, beside this file.",
  },
  "variables": {
    type: "scalar-map",
    merge: "map",
    text: "Values for ${name} in ref, versions and metadata.",
  },
  "metadata": { type: "any-map", merge: "map", text: "Free data for other programs; not used." },
  "edition": {
    type: "string",
    merge: "scalar",
    text: "Set of defaults; only 2024 makes sense on Debian.",
  },
} as const satisfies Record<string, FieldDefinition>;

/** Name of a field. */
export type FieldName = keyof typeof FIELDS;

/** Fields of rpm-ostree's treefiles that this version refuses, since it would have to ignore them. */
export const UNSUPPORTED_FIELDS: readonly string[] = [
  ...["rojig", "gpg-key", "repo-metadata", "advisories-metadata", "mutate-os-release"],
  ...[
    "releasever",
    "repovars",
    "container-cmd",
    "lockfile-repos",
    "repo-packages",
    "bootstrap-packages",
  ],
  ...[
    "install-langs",
    "platform-module",
    "ostree-layers",
    "ostree-override-layers",
    "boot-location",
  ],
  ...[
    "initramfs-args",
    "no-initramfs",
    "tmp-is-dir",
    "opt-usrlocal",
    "machineid-compat",
    "selinux",
  ],
  ...[
    "selinux-label-version",
    "ima",
    "readonly-executables",
    "container",
    "ignore-devices",
    "rpmdb",
  ],
  ...["rpmdb-normalize", "sysusers", "preserve-passwd", "check-passwd", "check-groups"],
  ...["ignore-removed-users", "ignore-removed-groups", "etc-group-members", "postprocess-script"],
  ...["add-files", "remove-files", "remove-from-packages", "cliwrap", "cliwrap-binaries"],
  ...["arch-include", "conditional-include"],
];
