import { getField, parseDeb822 } from "@apt-ostree/apt";
import type { Repo, Tree } from "@apt-ostree/ostree";
import { readTreeText } from "../assemble/tree_text.ts";
import type { PackageId } from "../import/package_ref.ts";
import { type Advisory, concerns, parseAdvisories, type SourcedPackage } from "./advisories.ts";
import type { PackageDifference } from "./diff_packages.ts";

/** Where a system keeps files of advisories, below its root. */
const DIRECTORY = "etc/apt-ostree/advisories";

/** An advisory and the packages of a commit that it is about. */
export interface AdvisoryMatch {
  /** What was wrong. */
  readonly advisory: Advisory;
  /** Binary packages that were built from its source. */
  readonly packages: readonly PackageId[];
}

/** A binary package and what it was built from. */
interface Built {
  readonly id: PackageId;
  readonly source: string;
  /** Version of the source. */
  readonly version: string;
}

/**
 * Advisories whose fixes lie between the trees of two commits, or, without one before, that one lacks
 * fixes of.
 *
 * Files of advisories are the JSON files in `etc/apt-ostree/advisories` of the system: without any there
 * are none. Sources of packages come from the commits' own dpkg databases.
 *
 * @param sysroot Root of the system, for example `/`.
 * @param difference What lies between the commits; only upgrades can bring a fix.
 * @throws {AdvisoryError} `advisory/bad-file`.
 */
export function readAdvisories(
  repo: Repo,
  sysroot: string,
  commits: { readonly before?: Tree; readonly after: Tree },
  difference?: PackageDifference,
): AdvisoryMatch[] {
  // Trees are looked into only where there is something to look for.
  if (advisoryFiles(sysroot).length === 0) return [];
  const { after } = commits;
  const release = readTreeText(repo, after, "usr/lib/os-release") ?? "";
  const codename = /^VERSION_CODENAME="?([\w.-]+)"?$/m.exec(release)?.[1] ?? "";
  const advisories = advisoryFiles(sysroot).flatMap((path) =>
    parseAdvisories(Deno.readTextFileSync(path), codename, path)
  );
  if (advisories.length === 0) return [];
  const now = readSources(repo, after);
  const then = commits.before === undefined ? undefined : readSources(repo, commits.before);
  const names = difference ? difference.upgraded.map(({ name }) => name) : [...now.keys()];
  const bySource = new Map<string, { readonly id: PackageId; readonly states: SourcedPackage }[]>();
  for (const name of names) {
    const is = now.get(name);
    const before = then?.get(name)?.version;
    if (!is || (then && before === undefined)) continue;
    const { id, source, version } = is;
    const states = { source, version, ...(before === undefined ? {} : { before }) };
    bySource.set(source, [...bySource.get(source) ?? [], { id, states }]);
  }
  return advisories.flatMap((advisory) => {
    const found = bySource.get(advisory.source)?.filter(({ states }) => concerns(advisory, states));
    return found?.length ? [{ advisory, packages: found.map(({ id }) => id) }] : [];
  }).sort((a, b) => a.advisory.id < b.advisory.id ? -1 : 1);
}

/** Paths of a system's files of advisories, sorted. */
export function advisoryFiles(sysroot: string): string[] {
  const dir = `${sysroot.replace(/\/+$/, "")}/${DIRECTORY}`;
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
      name.endsWith(".json")
    ).sort().map((name) => `${dir}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Packages of a tree by name, from its dpkg database. */
function readSources(repo: Repo, tree: Tree): Map<string, Built> {
  const text = readTreeText(repo, tree, "usr/lib/sysimage/dpkg/status") ?? "";
  return new Map(
    parseDeb822(text, "dpkg status").map((stanza) => {
      const field = (name: string) => getField(stanza, name) ?? "";
      const id = {
        name: field("Package"),
        version: field("Version"),
        architecture: field("Architecture"),
      };
      const [, source = id.name, version = id.version] =
        /^(\S+)(?: \(([^)]+)\))?$/.exec(field("Source")) ?? [];
      return [id.name, { id, source, version }];
    }),
  );
}
