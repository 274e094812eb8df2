import { gunzipSync } from "node:zlib";
import { type ChangelogEntry, compareVersions, FormatError, parseChangelog } from "@apt-ostree/apt";
import { type Repo, Tree } from "@apt-ostree/ostree";
import type { PackageChange } from "./diff_packages.ts";

/** Largest changelog that is read, unpacked. */
const MAX_CHANGELOG = 16 * 1024 * 1024;

/**
 * Entries that an upgrade brings, newest first: those of the newer commit's changelog that are newer
 * than the version before.
 *
 * @param commit Commit that has the newer version.
 * @returns Nothing where the commit has no documentation of the package.
 */
export function readChangelogOf(
  repo: Repo,
  commit: string,
  { name, from }: PackageChange,
): ChangelogEntry[] {
  return readPackageChangelog(repo, Tree.fromCommit(repo, commit), name).filter(({ version }) =>
    compareVersions(version, from.version) > 0
  );
}

/**
 * Entries of a package's changelog, newest first.
 *
 * @returns Nothing where the tree has no documentation of the package.
 * @throws {FormatError} `format/bad-changelog`.
 */
export function readPackageChangelog(repo: Repo, tree: Tree, name: string): ChangelogEntry[] {
  // A native package has changelog.gz alone.
  for (const file of ["changelog.Debian.gz", "changelog.gz"]) {
    const path = tree.real(`usr/share/doc/${name}/${file}`);
    const entry = tree.lookup(path);
    if (entry?.type !== "file") continue;
    const bytes = repo.readFile(entry.checksum, { maxSize: MAX_CHANGELOG });
    return parseChangelog(unpack(bytes, path), path);
  }
  return [];
}

function unpack(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder().decode(gunzipSync(bytes, { maxOutputLength: MAX_CHANGELOG }));
  } catch (cause) {
    // The decoder's own errors have a code each; anything else is a bug.
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new FormatError("format/bad-changelog", `Cannot read "${path}": it does not unpack`, {
      subject: path,
      hint: "Show the differences without --changelogs",
      cause,
    });
  }
}
