import { CHECKS } from "../checks/all_checks.ts";
import { CHECK_SEVERITIES } from "../checks/check.ts";
import {
  ASCII_CHARACTER,
  BOOLEAN,
  type FieldSchema,
  MAP,
  TEXT,
  TEXTS,
  words,
} from "./field_schema.ts";

/** How a field's values from several files become one. */
export type MergeRule =
  /** The including file's value counts. */
  | "scalar"
  /** Included items come first. */
  | "list"
  /** Keys of the including file count. */
  | "map"
  /** Belongs to its file alone: it is carried out while files are read. */
  | "file";

/** One field of a treefile. */
export interface FieldDefinition {
  /** Shape of its value. */
  readonly schema: FieldSchema;
  /** How its values of several files become one. */
  readonly merge: MergeRule;
  /** What the field does, in a sentence. */
  readonly text: string;
  /** Why it is accepted without effect. Values that would need one are refused by `schema`. */
  readonly noEffect?: string;
}

/** A path, or a treefile written in place. */
const INCLUDED: FieldSchema = { anyOf: [TEXT, { $ref: "#" }] };
const INCLUDES: FieldSchema = { anyOf: [TEXT, { type: "array", items: INCLUDED }] };

/** What a check's findings mean, with paths that are as they should be. */
const CHECK: FieldSchema = {
  anyOf: [
    words(...CHECK_SEVERITIES),
    {
      type: "object",
      properties: {
        severity: words(...CHECK_SEVERITIES),
        allow: { type: "array", items: { type: "string", pattern: "^/" } },
      },
      additionalProperties: false,
    },
  ],
};

const CHECKS_MAP: FieldSchema = {
  type: "object",
  properties: Object.fromEntries(CHECKS.map(({ name }) => [name, CHECK])),
  additionalProperties: false,
};

/**
 * The fields that treefiles may have: parser, messages, documentation and the JSON Schema all come
 * from this table.
 *
 * `packages-ARCH` stands for one field for each architecture.
 */
export const FIELDS = {
  "ref": {
    schema: TEXT,
    merge: "scalar",
    text: "The ref to write, for example debian/12/${basearch}/minimal.",
  },
  "basearch": {
    schema: TEXT,
    merge: "scalar",
    text: "Architecture that the tree is for, as the kernel says it; has to be this machine's.",
  },
  "packages": {
    schema: TEXTS,
    merge: "list",
    text: "Packages to install, as apt takes them; an item may hold several, divided by spaces.",
  },
  "packages-ARCH": {
    schema: TEXTS,
    merge: "list",
    text:
      "Packages for one architecture alone, named as the kernel or as dpkg does: packages-x86_64, packages-amd64.",
  },
  "bootstrap-packages": {
    schema: TEXTS,
    merge: "list",
    text: "The same as packages.",
  },
  "exclude-packages": {
    schema: TEXTS,
    merge: "list",
    text: "Packages that must not come in, not even as a dependency.",
  },
  "repos": {
    schema: TEXTS,
    merge: "list",
    text:
      "Names of .sources or .list files beside the treefile. Without it the sources of this machine are used.",
  },
  "snapshot": {
    schema: TEXT,
    merge: "scalar",
    text:
      "Date as 20260131T120000Z: the sources as they were then, where their Release files name snapshots.",
  },
  "recommends": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Whether recommended packages are installed. Default: true.",
  },
  "documentation": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Whether manuals and documentation are kept; licences always are. Default: true.",
  },
  "units": { schema: TEXTS, merge: "list", text: "systemd units to enable." },
  "default-target": {
    schema: TEXT,
    merge: "scalar",
    text: "The systemd target that the system boots to.",
  },
  "postprocess": {
    schema: TEXTS,
    merge: "list",
    text: "Scripts that run in the finished tree, in a sandbox; without a #! line by /bin/sh.",
  },
  "add-commit-metadata": { schema: MAP, merge: "map", text: "Further metadata of the commit." },
  "automatic-version-prefix": {
    schema: TEXT,
    merge: "scalar",
    text: "Beginning of the version; a number that counts up follows. May hold <date:%Y%m%d>.",
  },
  "automatic-version-suffix": {
    schema: { type: "string", pattern: ASCII_CHARACTER },
    merge: "scalar",
    text: "Character between prefix and number. Default: a dot.",
  },
  "include": {
    schema: INCLUDES,
    merge: "file",
    text: "Treefiles whose fields this one takes over: a path beside this file, or several.",
  },
  "arch-include": {
    schema: { type: "object", additionalProperties: INCLUDES },
    merge: "file",
    text: "Treefiles to include on one architecture alone, by its kernel's or dpkg's name.",
  },
  "conditional-include": {
    schema: {
      type: "array",
      items: {
        type: "object",
        properties: {
          "if": { anyOf: [TEXT, TEXTS] },
          "include": { anyOf: [INCLUDES, { $ref: "#" }] },
        },
        required: ["if", "include"],
        additionalProperties: false,
      },
    },
    merge: "file",
    text:
      "Treefiles to include where conditions hold: if: 'VARIABLE == VALUE', or a list of which all must hold.",
  },
  "variables": {
    schema: {
      type: "object",
      additionalProperties: { anyOf: [TEXT, BOOLEAN] },
    },
    merge: "map",
    text: "Values for ${name} in ref, versions, metadata and conditions.",
  },
  "releasever": {
    schema: TEXT,
    merge: "scalar",
    text:
      "Release of the sources: ${releasever} here, $releasever and $codename in .sources files.",
  },
  "repovars": {
    schema: { type: "object", additionalProperties: TEXT },
    merge: "map",
    text: "Values for $NAME in .sources files.",
  },
  "sbom": {
    schema: { type: "array", items: { type: "string", enum: ["spdx", "cyclonedx"] } },
    merge: "list",
    text: "Bills of materials that are written beside the commit: spdx, cyclonedx. See sbom.md.",
  },
  "checks": {
    schema: CHECKS_MAP,
    merge: "map",
    text:
      "What findings in the finished tree mean, by check: error, warn or ignore. See checks.md.",
  },
  "metadata": { schema: MAP, merge: "map", text: "Free data for other programs; not used." },
  "edition": {
    schema: { type: ["string", "integer"] },
    merge: "scalar",
    text: "Set of defaults; those of 2024 hold always, since only they make sense on Debian.",
  },
} as const satisfies Record<string, FieldDefinition>;

/** Name of a field. */
export type FieldName = keyof typeof FIELDS;

/** Spellings of old treefiles, and the fields that they mean. */
export const OLD_SPELLINGS: Readonly<Record<string, FieldName>> = {
  "automatic_version_prefix": "automatic-version-prefix",
  "bootstrap_packages": "bootstrap-packages",
  "default_target": "default-target",
};

/** Fields of host origins, which no treefile of a compose may have. */
export const DERIVE_FIELDS: readonly string[] = [
  ...["base-refspec", "container-image-reference", "packages-local"],
  ...["packages-local-fileoverride", "override-remove", "ex-override-replace"],
  ...["override-replace-local", "initramfs", "custom", "override-commit", "unconfigured-state"],
];

/** Fields of rpm-ostree's treefiles that this version refuses, since it would have to ignore them. */
export const UNSUPPORTED_FIELDS: readonly string[] = [
  ...["rojig", "gpg-key", "gpg_key", "repo-metadata", "advisories-metadata", "mutate-os-release"],
  ...["container-cmd", "lockfile-repos", "repo-packages"],
  ...["install-langs", "platform-module", "ostree-layers", "ostree-override-layers"],
  ...["boot-location", "boot_location", "initramfs-args", "no-initramfs", "tmp-is-dir"],
  ...["opt-usrlocal", "machineid-compat", "selinux", "selinux-label-version", "ima"],
  ...["readonly-executables", "container", "ignore-devices", "rpmdb", "rpmdb-normalize"],
  ...["sysusers", "preserve-passwd", "check-passwd", "check-groups", "ignore-removed-users"],
  ...["ignore-removed-groups", "etc-group-members", "postprocess-script", "add-files"],
  ...["remove-files", "remove-from-packages", "cliwrap", "cliwrap-binaries"],
];
