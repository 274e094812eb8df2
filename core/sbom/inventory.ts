import { type Repo, Tree, type VariantDict } from "@apt-ostree/ostree";
import { readTreeText } from "../assemble/tree_text.ts";
import { PACKAGE_CHECKSUMS_KEY } from "../compose/commit_metadata.ts";
import { readFileOwners } from "../packages/file_owners.ts";
import { type InstalledPackage, readInstalledPackages } from "../packages/installed_packages.ts";
import { dependencyResolver } from "./dependency_resolver.ts";
import { digestFiles, type FilesByOwner, type InventoryFile } from "./digest_files.ts";
import { type OtherLicense, PackageLicenses } from "./package_licenses.ts";
import { type Distribution, packageUrl } from "./package_url.ts";

/** A package of a commit, as bills of materials want it. */
export interface InventoryPackage extends InstalledPackage {
  /** Package URL. */
  readonly purl: string;
  /** SPDX expression over all licences that its copyright file names, or `NOASSERTION`. */
  readonly license: string;
  /** SHA-256 of the .deb, where the commit says it. */
  readonly sha256?: string;
  /** Package URLs of the installed packages that it depends on, sorted. */
  readonly dependsOn: readonly string[];
  /** Files that it owns, where they were asked for. */
  readonly files: readonly InventoryFile[];
}

/** All that is in a commit, ready to be written as a bill of materials. */
export interface Inventory {
  /** Checksum of the commit. */
  readonly commit: string;
  /** Its date in seconds since 1970. */
  readonly timestamp: number;
  /** What the system calls itself: its ref, else `system`. */
  readonly name: string;
  /** Version of the commit; "" where it has none. */
  readonly version: string;
  /** Kernel's name of the architecture; "" where the commit does not say it. */
  readonly architecture: string;
  /** Where the packages come from. */
  readonly distribution: Distribution;
  /** Sorted by name and architecture. */
  readonly packages: readonly InventoryPackage[];
  /** Files that belong to no package, where files were asked for. */
  readonly files: readonly InventoryFile[];
  /** Licences that SPDX has no name for, sorted by their id. */
  readonly otherLicenses: readonly OtherLicense[];
}

/** How {@linkcode readInventory} goes about it. */
export interface InventoryOptions {
  /** List every file with its checksums, which all have to be read for. @default {false} */
  readonly files?: boolean;
}

/**
 * Read what is in a commit, from the commit alone.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @throws {RefError} `ref/not-found`. @throws {FormatError} If its dpkg database is damaged.
 */
export async function readInventory(
  repo: Repo,
  rev: string,
  options: InventoryOptions = {},
): Promise<Inventory> {
  const commit = repo.requireRev(rev);
  const { root, metadata, timestamp } = repo.readCommit(commit);
  const tree = Tree.fromChecksums(repo, root);
  const distribution = parseDistribution(readTreeText(repo, tree, "usr/lib/os-release") ?? "");
  const installed = readInstalledPackages(repo, tree);
  const licenses = new PackageLicenses(repo, tree);
  const resolve = dependencyResolver(installed);
  const checksums = metadata.get(PACKAGE_CHECKSUMS_KEY)?.value as
    | ReadonlyMap<string, string>
    | undefined;
  const files: FilesByOwner = options.files
    ? await digestFiles(repo, tree, readFileOwners(repo, tree))
    : new Map();
  const packages = installed.map((pkg): InventoryPackage => {
    const { name, architecture } = pkg;
    const sha256 = checksums?.get(`${name}:${architecture}`);
    return {
      ...pkg,
      purl: packageUrl(pkg, distribution),
      license: licenses.of(name),
      ...(sha256 === undefined ? {} : { sha256 }),
      dependsOn: resolve(pkg).map((each) => packageUrl(each, distribution)).sort(),
      files: files.get(`${name}:${architecture}`) ?? files.get(name) ?? [],
    };
  });
  return {
    commit,
    timestamp,
    name: (metadata.get("ostree.ref-binding")?.value as string[] | undefined)?.[0] ?? "system",
    version: textOf(metadata, "version"),
    architecture: textOf(metadata, "ostree.architecture"),
    distribution,
    packages,
    files: files.get("") ?? [],
    otherLicenses: licenses.others(),
  };
}

/** What os-release says. @see os-release(5) */
export function parseDistribution(text: string): Distribution {
  const value = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, "m").exec(text)?.[1] ?? "";
  return { id: value("ID") || "debian", version: value("VERSION_ID") };
}

function textOf(metadata: VariantDict, key: string): string {
  const value = metadata.get(key)?.value;
  return typeof value === "string" ? value : "";
}
