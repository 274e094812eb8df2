import type { CheckSettings } from "../checks/check_settings.ts";
import type { SbomFormat } from "../sbom/sbom_format.ts";
import { relative } from "@std/path";

/** A file that a treefile names, beside the treefile itself. */
export interface TreefileFile {
  /** Absolute path. */
  readonly path: string;
}

/** Whom users or groups are compared with. */
export type AccountCheck =
  | { readonly type: "none" }
  | { readonly type: "previous" }
  | { readonly type: "file"; readonly file: TreefileFile }
  | { readonly type: "data"; readonly entries: Readonly<Record<string, unknown>> };

/** A key that signs commits. */
export type SigningKey =
  | {
    /** Name, address or fingerprint of a GPG key. */
    readonly gpg: string;
    /** Directory of GPG's keys; the user's own where it is not given. */
    readonly homedir?: TreefileFile;
  }
  | {
    /** File with the secret key in base64. */
    readonly ed25519: TreefileFile;
  };

/** Where metadata goes that does not decide about the tree. */
export type MetadataPlace = "inline" | "detached" | "disabled";

/** Where /opt and /usr/local are: in /var, in the image, or in the image with local state above it. */
export type OptUsrlocal = "var" | "root" | "stateoverlay";

/** A treefile with all it includes, ready to be composed. */
export interface Treefile {
  /** The ref. */
  readonly ref?: string;
  /** Single package requests, those of the architecture among them. */
  readonly packages: readonly string[];
  /** The same by the file that names them, included files first: each stands on those before it. */
  readonly packageLayers: readonly (readonly string[])[];
  /** Packages that must not come in. */
  readonly excludePackages: readonly string[];
  /** `undefined` where the sources of the machine are meant. */
  readonly repos?: readonly string[];
  /** Sources for locked packages alone. */
  readonly lockfileRepos: readonly string[];
  /** Packages that come from one of the sources. */
  readonly repoPackages: readonly { readonly repo: string; readonly packages: readonly string[] }[];
  /** Text of apt preferences. */
  readonly aptPreferences?: string;
  /** Answers to debconf's questions. */
  readonly debconf: readonly string[];
  /** Further dpkg architectures. */
  readonly foreignArchitectures: readonly string[];
  /** Release of the sources, for `$releasever` and `$codename` in their files. */
  readonly releasever?: string;
  /** Values for `$NAME` in the files of the sources. */
  readonly repovars: Readonly<Record<string, string>>;
  /** Date of the sources. */
  readonly snapshot?: string;
  /** Whether recommended packages are installed. */
  readonly recommends: boolean;
  /** Base set beside the essential packages. */
  readonly variant: "essential" | "required" | "important" | "standard";
  /** Whether documentation is kept. */
  readonly documentation: boolean;
  /** Languages whose translations are kept; `undefined` for all. */
  readonly installLangs?: readonly string[];
  /** Patterns of shipped paths that are not laid out. */
  readonly pathExclude: readonly string[];
  /** Patterns of paths that are laid out all the same. */
  readonly pathInclude: readonly string[];
  /** Refs or commits whose files are added. */
  readonly ostreeLayers: readonly string[];
  /** Refs or commits whose files replace others. */
  readonly ostreeOverrideLayers: readonly string[];
  /** Units to enable. */
  readonly units: readonly string[];
  /** Target that the system boots to. */
  readonly defaultTarget?: string;
  /** Text of os-release that the version replaces. */
  readonly mutateOsRelease?: string;
  /** Paths to remove, without leading slash. */
  readonly removeFiles: readonly string[];
  /** Files to remove from single packages. */
  readonly removeFromPackages: readonly {
    readonly package: string;
    /** Regular expressions that match whole paths, which begin with a slash. */
    readonly patterns: readonly string[];
  }[];
  /** Files to add; `dest` is without leading slash. */
  readonly addFiles: readonly { readonly source: TreefileFile; readonly dest: string }[];
  /** Programs that refuse to change the running image. */
  readonly wrappedPrograms: readonly string[];
  /** Scripts to run in the finished tree. */
  readonly postprocess: readonly string[];
  /** Program to run after them. */
  readonly postprocessScript?: TreefileFile;
  /** Whether the tree is for containers alone. */
  readonly container: boolean;
  /** Whether an initramfs is built. */
  readonly initramfs: boolean;
  /** Arguments for what builds it. */
  readonly initramfsArgs: readonly string[];
  /** Modules that the kernel has to have. */
  readonly kernelModules: readonly string[];
  /** Whether /tmp is a directory. */
  readonly tmpIsDir: boolean;
  /** Where /opt and /usr/local are. */
  readonly optUsrlocal: OptUsrlocal;
  /** Whether there is an empty /etc/machine-id. */
  readonly machineidCompat: boolean;
  /** Whether programs lose their write bits. */
  readonly readonlyExecutables: boolean;
  /** Whether systemd-sysusers must run, or may be missing. */
  readonly sysusers: "compose-auto" | "compose-forced";
  /** Whether users and groups keep the numbers of the parent commit. */
  readonly preservePasswd: boolean;
  /** Whom users are compared with. */
  readonly checkPasswd: AccountCheck;
  /** Whom groups are compared with. */
  readonly checkGroups: AccountCheck;
  /** Users that may disappear. */
  readonly ignoreRemovedUsers: readonly string[];
  /** Groups that may disappear. */
  readonly ignoreRemovedGroups: readonly string[];
  /** Keys that sign the commit. */
  readonly sign: readonly SigningKey[];
  /** Command of containers. */
  readonly containerCmd?: readonly string[];
  /** Further metadata of the commit. */
  readonly addCommitMetadata: Readonly<Record<string, unknown>>;
  /** Where the dates of the sources are noted. */
  readonly repoMetadata: MetadataPlace;
  /** Where security advisories are noted. */
  readonly advisoriesMetadata: MetadataPlace;
  /** Beginning of the version. */
  readonly automaticVersionPrefix?: string;
  /** Character before the number. */
  readonly automaticVersionSuffix: string;
  /** Bills of materials to write, each form once. */
  readonly sbom: readonly SbomFormat[];
  /** What findings in the finished tree mean, by check. */
  readonly checks: CheckSettings;
  /** Metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Text of the merged treefile: JSON with sorted keys, variables replaced, without includes; what is as it
 * would be without being said is left out.
 *
 * @param directory Directory that paths of files are shown from.
 */
export function formatTreefile(treefile: Treefile, basearch: string, directory: string): string {
  const name = ({ path }: TreefileFile) => relative(directory, path);
  const unless = <T>(value: T, usual: T) => value === usual ? undefined : value;
  const check = (value: AccountCheck) =>
    value.type === "previous"
      ? undefined
      : value.type === "file"
      ? { type: value.type, filename: name(value.file) }
      : value;
  const fields: Record<string, unknown> = {
    "add-commit-metadata": treefile.addCommitMetadata,
    "add-files": treefile.addFiles.map(({ source, dest }) => [name(source), `/${dest}`]),
    "advisories-metadata": unless(treefile.advisoriesMetadata, "inline"),
    "apt-preferences": treefile.aptPreferences,
    "automatic-version-prefix": treefile.automaticVersionPrefix,
    "automatic-version-suffix": treefile.automaticVersionPrefix === undefined
      ? undefined
      : treefile.automaticVersionSuffix,
    "basearch": basearch,
    "checks": treefile.checks,
    "check-groups": check(treefile.checkGroups),
    "check-passwd": check(treefile.checkPasswd),
    "cliwrap": treefile.wrappedPrograms.length > 0 ? true : undefined,
    "cliwrap-binaries": treefile.wrappedPrograms,
    "container": unless(treefile.container, false),
    "container-cmd": treefile.containerCmd,
    "debconf": treefile.debconf,
    "default-target": treefile.defaultTarget,
    "documentation": treefile.documentation,
    "exclude-packages": treefile.excludePackages,
    "foreign-architectures": treefile.foreignArchitectures,
    "ignore-removed-groups": treefile.ignoreRemovedGroups,
    "ignore-removed-users": treefile.ignoreRemovedUsers,
    "initramfs-args": treefile.initramfsArgs,
    "install-langs": treefile.installLangs,
    "kernel-modules": treefile.kernelModules,
    "lockfile-repos": treefile.lockfileRepos,
    "machineid-compat": unless(treefile.machineidCompat, true),
    "metadata": treefile.metadata,
    "mutate-os-release": treefile.mutateOsRelease,
    "no-initramfs": treefile.initramfs ? undefined : true,
    "opt-usrlocal": unless(treefile.optUsrlocal, "var"),
    "ostree-layers": treefile.ostreeLayers,
    "ostree-override-layers": treefile.ostreeOverrideLayers,
    "packages": treefile.packages,
    "path-exclude": treefile.pathExclude,
    "path-include": treefile.pathInclude,
    "postprocess": treefile.postprocess,
    "postprocess-script": treefile.postprocessScript && name(treefile.postprocessScript),
    "preserve-passwd": unless(treefile.preservePasswd, true),
    "readonly-executables": unless(treefile.readonlyExecutables, false),
    "recommends": treefile.recommends,
    "ref": treefile.ref,
    "releasever": treefile.releasever,
    "remove-files": treefile.removeFiles.map((path) => `/${path}`),
    "remove-from-packages": treefile.removeFromPackages.map((each) => [
      each.package,
      ...each.patterns,
    ]),
    "repo-metadata": unless(treefile.repoMetadata, "inline"),
    "repo-packages": treefile.repoPackages,
    "repos": treefile.repos,
    "sbom": treefile.sbom,
    "sign": treefile.sign.map((key) =>
      "gpg" in key
        ? { gpg: key.gpg, ...(key.homedir ? { homedir: name(key.homedir) } : {}) }
        : { ed25519: name(key.ed25519) }
    ),
    "snapshot": treefile.snapshot,
    "sysusers": unless(treefile.sysusers, "compose-auto"),
    "tmp-is-dir": unless(treefile.tmpIsDir, true),
    "units": treefile.units,
    "variant": unless(treefile.variant, "essential"),
  };
  const shown = Object.entries(fields).filter(([, value]) =>
    value !== undefined && !isEmpty(value)
  );
  return `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length === 0
    : typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
