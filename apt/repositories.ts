import { createHash } from "node:crypto";
import type { AptRunner } from "./apt_runner.ts";
import { AptError } from "./error.ts";
import { parseRelease } from "./release.ts";
import { readTextIfThere } from "./read_text.ts";

/** One suite of one source, as its Release file describes it. */
export interface Repository {
  /** Name of the sources file and suite, for example `debian.sources/bookworm`. */
  readonly id: string;
  /** Where it is fetched from. */
  readonly uri: string;
  /** Its suite. */
  readonly suite: string;
  /** Its codename. */
  readonly codename: string;
  /** `Date` of its Release file, in seconds since 1970; 0 where there is none. */
  readonly date: number;
  /** SHA-256 of its InRelease or Release file. */
  readonly releaseSha256: string;
  /** Path of that file. */
  readonly releaseFile: string;
}

/** One Packages index that was fetched. */
export interface IndexFile {
  /** Identity of its repository. */
  readonly id: string;
  /** Where its packages are fetched from. */
  readonly uri: string;
  /** Suite as apt prints it. */
  readonly suite: string;
  /** Path of the file. */
  readonly file: string;
}

/** What apt has fetched. */
export interface Fetched {
  readonly repositories: readonly Repository[];
  readonly indexes: readonly IndexFile[];
}

const FIELDS = "$(SOURCESENTRY)\t$(REPO_URI)\t$(SUITE)\t$(CODENAME)\t$(RELEASE)\t$(FILENAME)";

/**
 * Ask apt which repositories and indexes it has.
 *
 * @param source Name for the message where it has none.
 * @throws {AptError} `apt/not-cached`, `apt/weak-source`.
 */
export async function readFetched(apt: AptRunner, source: string): Promise<Fetched> {
  const command = ["apt-get", "indextargets", "--format", FIELDS, "Created-By: Packages"];
  const text = await apt.text(command);
  if (text.trim() === "") throw notCached(source);
  const repositories = new Map<string, Repository>();
  const indexes: IndexFile[] = [];
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [entry = "", uri = "", suite = "", codename = "", release = "", file = ""] = line.split(
      "\t",
    );
    const id = `${entry.replace(/^.*\//, "").replace(/:\d+$/, "")}/${release}`;
    indexes.push({ id, uri, suite: suite || codename || release, file });
    const released = readReleaseOf(file, release, id);
    if (!released) throw notCached(id);
    repositories.set(`${id} ${uri}`, { id, uri, suite: suite || release, codename, ...released });
  }
  return { repositories: [...repositories.values()], indexes };
}

/** Date and checksum of the Release file that vouches for an index file. */
function readReleaseOf(
  index: string,
  release: string,
  id: string,
): Pick<Repository, "date" | "releaseSha256" | "releaseFile"> | undefined {
  const mark = `_dists_${release.replaceAll("/", "_")}_`;
  const at = index.indexOf(mark);
  // A flat archive has no dists/: its Release stands beside its Packages.
  const stem = at >= 0 ? index.slice(0, at + mark.length) : index.replace(/Packages$/, "");
  for (const name of ["InRelease", "Release"]) {
    const text = readTextIfThere(`${stem}${name}`);
    if (text === undefined) continue;
    const { hash, date = 0 } = parseRelease(text, `${id} ${name}`);
    if (hash === "sha1" || hash === "md5") {
      throw new AptError("apt/weak-source", `Cannot trust source "${id}": it lists only ${hash}`, {
        subject: id,
        hint: "Ask its maintainer for SHA256 in its Release file; nothing weaker is believed",
      });
    }
    const releaseSha256 = createHash("sha256").update(text).digest("hex");
    return { date, releaseSha256, releaseFile: `${stem}${name}` };
  }
  return undefined;
}

/** The refusal to work without the package lists of a source. */
export function notCached(source: string): AptError {
  return new AptError(
    "apt/not-cached",
    `Cannot use source "${source}": its package lists are not here`,
    { subject: source, hint: "Fetch them once without --cache-only" },
  );
}
