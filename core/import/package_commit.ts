import { parseStanza, type Stanza } from "@apt-ostree/apt";
import {
  type Repo,
  type TreeChecksums,
  type Variant,
  variant,
  type VariantDict,
} from "@apt-ostree/ostree";
import type { Conffile } from "../assemble/status_file.ts";
import type { PackageId } from "./package_ref.ts";

/** Owner of a shipped path, by name: dpkg resolves names against the system it unpacks into. */
export interface NamedOwner {
  /** Path in the merged tree, without leading slash. */
  readonly path: string;
  /** "" where the archive has only a number. */
  readonly user: string;
  /** Group by name; "" where the archive has only a number. */
  readonly group: string;
}

/** What a package commit says about its package, beside the files. */
export interface PackageMetadata {
  /** What tells it apart. */
  readonly id: PackageId;
  /** SHA-256 of the .deb. */
  readonly sha256: string;
  /** Name in dpkg's database: with the architecture where several can be installed side by side. */
  readonly databaseName: string;
  /** Fields of the control file. */
  readonly control: Stanza;
  /** Its conffiles. */
  readonly conffiles: readonly Conffile[];
  /** Whether it ships its `md5sums`; else they are made as dpkg makes them. */
  readonly ownMd5sums: boolean;
  /** Paths that do not belong to root. */
  readonly owners: readonly NamedOwner[];
  /** Devices, FIFOs and sockets, which a tree cannot hold. */
  readonly skipped: readonly string[];
  /** Maintainer scripts that it has. */
  readonly scripts: readonly string[];
  /** Text of its `triggers` file. */
  readonly triggers: string;
  /** Bytes of all its files. */
  readonly installedBytes: number;
}

/** An imported package. */
export interface PackageCommit extends PackageMetadata {
  /** Checksum of the commit. */
  readonly commit: string;
  /** Its files. */
  readonly data: TreeChecksums;
  /** Its part of dpkg's `info` directory: file name to checksum. */
  readonly info: ReadonlyMap<string, string>;
}

/** Changes when imports of an earlier version must be done again. */
export const IMPORT_VERSION = 2;

/** Metadata of a package commit, in the form that commits hold. */
export function encodePackageMetadata(metadata: PackageMetadata): VariantDict {
  const { id, control } = metadata;
  const text = [...control].map(([name, value]) =>
    `${name}:${value.startsWith("\n") ? "" : " "}${value}`
  );
  return new Map([
    ["aptostree.import_version", variant("u", IMPORT_VERSION)],
    ["aptostree.package", variant("(sss)", [id.name, id.version, id.architecture])],
    ["aptostree.sha256", variant("s", metadata.sha256)],
    ["aptostree.database_name", variant("s", metadata.databaseName)],
    ["aptostree.control", variant("s", `${text.join("\n")}\n`)],
    [
      "aptostree.conffiles",
      variant("a(ss)", metadata.conffiles.map((each) => [each.path, each.md5])),
    ],
    ["aptostree.own_md5sums", variant("b", metadata.ownMd5sums)],
    ["aptostree.owners", variant("a(sss)", metadata.owners.map((o) => [o.path, o.user, o.group]))],
    ["aptostree.skipped", variant("as", [...metadata.skipped])],
    ["aptostree.scripts", variant("as", [...metadata.scripts])],
    ["aptostree.triggers", variant("s", metadata.triggers)],
    ["aptostree.installed_bytes", variant("t", BigInt(metadata.installedBytes))],
  ]);
}

/**
 * Read a package commit.
 *
 * @returns `undefined` where it was written by a version whose imports must be done again.
 */
export function readPackageCommit(repo: Repo, commit: string): PackageCommit | undefined {
  const { metadata, root } = repo.readCommit(commit);
  const get = <T>(key: string) =>
    (metadata.get(`aptostree.${key}`) as Variant | undefined)?.value as T;
  if (get<number>("import_version") !== IMPORT_VERSION) return undefined;
  const [name, version, architecture] = get<[string, string, string]>("package");
  const top = repo.readDirTree(root.dirtree);
  const info = repo.readDirTree(top.dirs.get("info")!.dirtree);
  return {
    commit,
    id: { name, version, architecture },
    sha256: get("sha256"),
    databaseName: get("database_name"),
    control: parseStanza(get("control"), `${name}: control`),
    conffiles: get<[string, string][]>("conffiles").map(([path, md5]) => ({ path, md5 })),
    ownMd5sums: get("own_md5sums"),
    owners: get<[string, string, string][]>("owners").map(([path, user, group]) => ({
      path,
      user,
      group,
    })),
    skipped: get("skipped"),
    scripts: get("scripts"),
    triggers: get("triggers"),
    installedBytes: Number(get<bigint>("installed_bytes")),
    data: top.dirs.get("data")!,
    info: info.files,
  };
}
