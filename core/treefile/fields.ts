import { CHECKS_MAP } from "./checks_schema.ts";
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

/** Whom account checks compare with. */
const ACCOUNTS: FieldSchema = {
  type: "object",
  properties: { type: words("none", "previous", "file", "data"), filename: TEXT, entries: MAP },
  required: ["type"],
  additionalProperties: false,
};

/** Where metadata goes that does not decide about the tree. */
const PLACE: FieldSchema = words("inline", "detached", "disabled");

/** A path, or a treefile written in place. */
const INCLUDED: FieldSchema = { anyOf: [TEXT, { $ref: "#" }] };
const INCLUDES: FieldSchema = { anyOf: [TEXT, { type: "array", items: INCLUDED }] };

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
      "Names of .sources or .list files beside the treefile, or else of this machine. Without it all of this machine are used.",
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
    schema: { type: "object", additionalProperties: { anyOf: [INCLUDES, { $ref: "#" }] } },
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
  "variant": {
    schema: words("essential", "required", "important", "standard"),
    merge: "scalar",
    text:
      "Base set beside the essential packages: all of these priorities, as mmdebstrap's variants. Default: essential.",
  },
  "install-langs": {
    schema: TEXTS,
    merge: "list",
    text: "Languages whose translations are kept, for example de_AT; all for all. Without it: all.",
  },
  "path-exclude": {
    schema: TEXTS,
    merge: "list",
    text: "Patterns of shipped paths that are not laid out, as dpkg's --path-exclude.",
  },
  "path-include": {
    schema: TEXTS,
    merge: "list",
    text:
      "Patterns of paths that are laid out although path-exclude or documentation says otherwise.",
  },
  "cliwrap": {
    schema: BOOLEAN,
    merge: "scalar",
    text:
      "Whether apt, apt-get, dpkg, update-initramfs and dracut refuse to change the running image, and say what to use. Default: false.",
  },
  "cliwrap-binaries": {
    schema: TEXTS,
    merge: "list",
    text: "Which of these programs do so, where not all of them.",
  },
  "apt-preferences": {
    schema: TEXT,
    merge: "scalar",
    text: "Text of a preferences file, as apt_preferences(5) has it.",
  },
  "debconf": {
    schema: TEXTS,
    merge: "list",
    text: "Answers to questions of packages: OWNER QUESTION TYPE VALUE, as debconf-set-selections.",
  },
  "foreign-architectures": {
    schema: TEXTS,
    merge: "list",
    text: "Further dpkg architectures that packages may have, for example i386.",
  },
  "repo-packages": {
    schema: {
      type: "array",
      items: {
        type: "object",
        properties: { repo: TEXT, packages: TEXTS },
        required: ["repo", "packages"],
        additionalProperties: false,
      },
    },
    merge: "list",
    text:
      "Packages that are installed from one of the repos, whatever the others have, NAME or NAME=VERSION; later items win.",
  },
  "lockfile-repos": {
    schema: TEXTS,
    merge: "list",
    text: "The same as repos, for packages alone whose versions a lockfile names.",
  },
  "ostree-layers": {
    schema: TEXTS,
    merge: "list",
    text:
      "Refs or commits of the repository whose files are added; a file of the packages is in their way.",
  },
  "ostree-override-layers": {
    schema: TEXTS,
    merge: "list",
    text: "The same, whose files replace those of packages.",
  },
  "mutate-os-release": {
    schema: TEXT,
    merge: "scalar",
    text:
      "Text that the version replaces in VERSION and PRETTY_NAME of os-release; OSTREE_VERSION is added.",
  },
  "container-cmd": {
    schema: TEXTS,
    merge: "list",
    text: "Command of containers that are made from the commit.",
  },
  "gpg-key": {
    schema: TEXT,
    merge: "scalar",
    text: "GPG key of the user that the commit is signed with; short for sign: [{gpg: KEY}].",
  },
  "sign": {
    schema: {
      type: "array",
      items: {
        anyOf: [
          {
            type: "object",
            properties: { gpg: TEXT, homedir: TEXT },
            required: ["gpg"],
            additionalProperties: false,
          },
          {
            type: "object",
            properties: { ed25519: TEXT },
            required: ["ed25519"],
            additionalProperties: false,
          },
        ],
      },
    },
    merge: "list",
    text:
      "Keys that sign the commit: {gpg: KEY}, with homedir: DIRECTORY if it is not the user's own, or {ed25519: FILE} with the secret key in base64; paths beside the treefile.",
  },
  "repo-metadata": {
    schema: PLACE,
    merge: "scalar",
    text:
      "Where the dates of the sources are noted: in the commit, beside it, or not. Default: inline.",
  },
  "advisories-metadata": {
    schema: PLACE,
    merge: "scalar",
    text: "Where security advisories that the packages lack fixes of are noted. Default: inline.",
  },
  "no-initramfs": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Build no initramfs. Default: false.",
  },
  "initramfs-args": {
    schema: TEXTS,
    merge: "list",
    text: "Arguments for mkinitramfs or dracut, whichever the tree has; noted in the commit.",
  },
  "kernel-modules": {
    schema: {
      type: "array",
      items: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$" },
    },
    merge: "list",
    text:
      "Modules that the tree's kernel has to have, built in or as files, for example overlay, ext4. See checks.md.",
  },
  "boot-location": {
    schema: words("modules"),
    merge: "scalar",
    text: "Where the kernel lies: modules alone, below /usr/lib/modules.",
  },
  "tmp-is-dir": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Whether /tmp is a directory; else it leads to /sysroot/tmp. Default: true.",
  },
  "opt-usrlocal": {
    schema: words("var", "root", "stateoverlay"),
    merge: "scalar",
    text:
      "var: /opt and /usr/local lead to /var; what packages ship in /opt lies below /usr/lib/opt. root: both are part of the image. stateoverlay: the same, with what hosts write there on top. Default: var.",
  },
  "machineid-compat": {
    schema: BOOLEAN,
    merge: "scalar",
    text:
      "Whether /etc/machine-id is there and empty. Without it the first boot sets all presets, and units cannot be given. Default: true.",
  },
  "readonly-executables": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Whether programs below /usr lose their write bits. Default: false.",
  },
  "container": {
    schema: BOOLEAN,
    merge: "scalar",
    text:
      "Whether the tree is for containers alone: kernels are left where they are. Default: false.",
  },
  "sysusers": {
    schema: words("compose-auto", "compose-forced"),
    merge: "scalar",
    text:
      "Whether systemd-sysusers makes the accounts of sysusers.d files: where the tree has it, or always. Default: compose-auto.",
  },
  "preserve-passwd": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "Whether users and groups keep the numbers of the parent commit. Default: true.",
  },
  "check-passwd": {
    schema: ACCOUNTS,
    merge: "scalar",
    text:
      "Whom users are compared with: {type: none}, {type: previous}, {type: file, filename: passwd} or {type: data, entries: {NAME: UID}}. Default: previous.",
  },
  "check-groups": {
    schema: ACCOUNTS,
    merge: "scalar",
    text: "The same for groups.",
  },
  "ignore-removed-users": {
    schema: TEXTS,
    merge: "list",
    text: 'Users that may disappear; "*" stands for all.',
  },
  "ignore-removed-groups": {
    schema: TEXTS,
    merge: "list",
    text: 'Groups that may disappear; "*" stands for all.',
  },
  "postprocess-script": {
    schema: TEXT,
    merge: "scalar",
    text: "Executable beside the treefile that runs in the finished tree after postprocess.",
  },
  "add-files": {
    schema: {
      type: "array",
      items: { type: "array", prefixItems: [TEXT, TEXT], minItems: 2, maxItems: 2 },
    },
    merge: "list",
    text: "Files to add: pairs of a path beside the treefile and one below /usr or /etc.",
  },
  "remove-files": { schema: TEXTS, merge: "list", text: "Paths to remove." },
  "remove-from-packages": {
    schema: { type: "array", items: { type: "array", items: TEXT, minItems: 2 } },
    merge: "list",
    text: "Files to remove: lists of a package and regular expressions that match whole paths.",
  },
  "selinux": {
    schema: { const: false },
    merge: "scalar",
    text: "Whether files get SELinux labels: never, Debian's images have none.",
  },
  "selinux-label-version": {
    schema: { type: "integer" },
    merge: "scalar",
    text: "No effect.",
    noEffect: "files get no SELinux labels",
  },
  "ima": {
    schema: { const: false },
    merge: "scalar",
    text: "Whether IMA signatures are kept: never, .debs have none.",
  },
  "ignore-devices": {
    schema: { const: true },
    merge: "scalar",
    text: "Whether device nodes are left out: always, no commit can hold them.",
  },
  "rpmdb": {
    schema: TEXT,
    merge: "scalar",
    text: "No effect.",
    noEffect: "dpkg's database has one form",
  },
  "rpmdb-normalize": {
    schema: BOOLEAN,
    merge: "scalar",
    text: "No effect.",
    noEffect: "dpkg's database is always the same for the same packages",
  },
  "etc-group-members": {
    schema: TEXTS,
    merge: "list",
    text: "No effect.",
    noEffect: "all groups are in /etc/group of the host",
  },
  "platform-module": {
    schema: TEXT,
    merge: "scalar",
    text: "No effect.",
    noEffect: "Debian has no modules of packages",
  },
  "rojig": {
    schema: {
      type: "object",
      properties: { name: TEXT, summary: TEXT, license: TEXT, description: TEXT },
      required: ["name", "summary", "license"],
    },
    merge: "scalar",
    text: "No effect.",
    noEffect: "commits are not shipped in packages",
  },
  "edition": {
    schema: { anyOf: [{ const: "2014" }, { const: "2024" }, { const: 2014 }, { const: 2024 }] },
    merge: "scalar",
    text: "Set of defaults; those of 2024 hold always, since only they make sense on Debian.",
  },
} as const satisfies Record<string, FieldDefinition>;

/** Name of a field. */
export type FieldName = keyof typeof FIELDS;

/** {@linkcode FIELDS} for those who read the table. */
export const TREEFILE_FIELDS: Readonly<Record<string, FieldDefinition>> = FIELDS;
