import { compareVersions, type PackagesIndex } from "@apt-ostree/apt";
import { ComposeError } from "../error.ts";
import type { Treefile } from "../treefile/treefile.ts";

/**
 * Versions of the packages that a treefile takes from one of its sources.
 *
 * @param indexes What the sources offer, each under the name of its sources file and suite.
 * @returns The version that was asked for as `NAME=VERSION`, or the newest that the source has, by name.
 * @throws {ComposeError} `compose/no-such-version` if the source has no such package, or version.
 */
export function pinRepoPackages(
  repoPackages: Treefile["repoPackages"],
  indexes: readonly PackagesIndex[],
): Map<string, string> {
  const pins = new Map<string, string>();
  for (const { repo, packages } of repoPackages) {
    const mine = indexes.filter(({ file }) => isOf(file, repo));
    for (const request of packages) {
      const [name = "", wanted] = request.split("=");
      const versions = versionsOf(name, mine).sort(compareVersions);
      const taken = wanted === undefined
        ? versions.at(-1)
        : versions.find((each) => each === wanted);
      if (taken === undefined) throw notThere(request, repo, versions, indexes);
      pins.set(name, taken);
    }
  }
  return pins;
}

function notThere(
  request: string,
  repo: string,
  versions: readonly string[],
  indexes: readonly PackagesIndex[],
): ComposeError {
  const name = request.split("=")[0]!;
  const others = indexes.filter((each) => each.positions(name).length > 0).map(({ file }) => file);
  const found = versions.length === 0 ? "no such package" : `only ${versions.join(", ")}`;
  const hint = versions.length > 0
    ? "Name one of these versions in repo-packages, or none for the newest"
    : others.length > 0
    ? `It is in ${[...new Set(others)].join(", ")}`
    : "Check repo-packages";
  return new ComposeError(
    "compose/no-such-version",
    `Cannot take "${request}" from repos "${repo}": it has ${found}`,
    { subject: request, hint },
  );
}

/**
 * Versions that only sources for locked packages have, and that no lock names.
 *
 * @param repos Names of these sources.
 * @param locked Versions that the lock names.
 */
export function unlockedVersions(
  repos: readonly string[],
  locked: ReadonlyMap<string, string>,
  indexes: readonly PackagesIndex[],
): (readonly [name: string, version: string])[] {
  const isLocking = ({ file }: PackagesIndex) => repos.some((repo) => isOf(file, repo));
  const open = indexes.filter((index) => !isLocking(index));
  const found: [string, string][] = [];
  for (const name of new Set(indexes.filter(isLocking).flatMap((index) => [...index.names()]))) {
    const usual = new Set(versionsOf(name, open));
    for (const version of new Set(versionsOf(name, indexes))) {
      if (!usual.has(version) && locked.get(name) !== version) found.push([name, version]);
    }
  }
  return found;
}

function versionsOf(name: string, indexes: readonly PackagesIndex[]): string[] {
  return indexes.flatMap((index) => index.find(name).map((stanza) => stanza.get("Version") ?? ""));
}

/** Whether an index belongs to a sources file, which may be named without its ending. */
function isOf(index: string, repo: string): boolean {
  return [repo, `${repo}.sources`, `${repo}.list`].some((file) => index.startsWith(`${file}/`));
}
