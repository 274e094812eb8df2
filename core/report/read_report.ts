import { getField } from "@apt-ostree/apt";
import { diffTrees, type Repo, Tree } from "@apt-ostree/ostree";
import { type Group, parseGroup, parsePasswd, type User } from "../assemble/account_files.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import { readCommitScripts } from "../audit/commit_scripts.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { checkCommit } from "../checks/check_commit.ts";
import type { CheckReport } from "../checks/run_checks.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { readFileOwners } from "../packages/file_owners.ts";
import { type InstalledPackage, readInstalledPackages } from "../packages/installed_packages.ts";
import { type EnabledUnit, readEnabledUnits } from "./services.ts";
import { type Amount, type DirectorySize, type FileSize, measureTree } from "./tree_sizes.ts";

/** A package and how much of the tree is its own. */
export interface SizedPackage extends InstalledPackage, Amount {
  /** First line of its description. */
  readonly summary: string;
  /** For example `libs`. */
  readonly section: string;
}

/** One commit, as a report shows it. */
export interface CommitFacts {
  /** As it was asked for. */
  readonly rev: string;
  readonly commit: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** "" where it has none. */
  readonly version: string;
  readonly root: DirectorySize;
  /** The largest files. */
  readonly largest: readonly FileSize[];
  /** Sorted by name. */
  readonly packages: readonly SizedPackage[];
  /** Files of nobody. */
  readonly unowned: Amount;
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly units: readonly EnabledUnit[];
}

/** A path that differs between two commits. */
export interface FileDifference {
  /** Without leading slash. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  /** How many bytes it grew by. */
  readonly delta: number;
}

/** All that a report shows. */
export interface Report extends CommitFacts {
  readonly checks: CheckReport;
  /** `undefined` where the commit has no record. */
  readonly scripts: readonly RecordedScript[] | undefined;
  /** What differs from another commit, where one was named. */
  readonly comparison?: {
    readonly before: CommitFacts;
    readonly packages: PackageDifference;
    /** Files and links, in the order of paths. */
    readonly files: readonly FileDifference[];
  };
}

/**
 * Read all that a report shows, from commits alone.
 *
 * @param compare A commit to compare with.
 * @throws {RefError} `ref/not-found`. @throws {FormatError} If a dpkg database is damaged.
 */
export function readReport(repo: Repo, rev: string, compare?: string): Report {
  const facts = readFacts(repo, rev);
  return {
    ...facts,
    checks: checkCommit(repo, facts.commit),
    scripts: readCommitScripts(repo, facts.commit)?.scripts,
    ...(compare === undefined ? {} : { comparison: compareWith(repo, facts, compare) }),
  };
}

function readFacts(repo: Repo, rev: string): CommitFacts {
  const commit = repo.requireRev(rev);
  const { root, timestamp, metadata } = repo.readCommit(commit);
  const tree = Tree.fromChecksums(repo, root);
  const sizes = measureTree(repo, tree, readFileOwners(repo, tree));
  const nothing = { files: 0, bytes: 0 };
  const packages = readInstalledPackages(repo, tree).map((pkg): SizedPackage => {
    const field = (name: string) => getField(pkg.fields, name) ?? "";
    const size = sizes.byOwner.get(`${pkg.name}:${pkg.architecture}`) ??
      sizes.byOwner.get(pkg.name) ?? nothing;
    const summary = field("Description").split("\n")[0]!;
    return { ...pkg, ...size, summary, section: field("Section").replace(/^.*\//, "") };
  });
  const text = (path: string) => readTreeText(repo, tree, path) ?? "";
  const version = metadata.get("version")?.value;
  return {
    rev,
    commit,
    timestamp,
    version: typeof version === "string" ? version : "",
    root: sizes.root,
    largest: sizes.largest,
    packages,
    unowned: sizes.byOwner.get("") ?? nothing,
    users: parsePasswd(text("usr/etc/passwd")),
    groups: parseGroup(text("usr/etc/group")),
    units: readEnabledUnits(repo, tree),
  };
}

function compareWith(repo: Repo, after: CommitFacts, rev: string): Report["comparison"] & object {
  const before = readFacts(repo, rev);
  const [from, to] = [before, after].map(({ commit }) => repo.readCommit(commit).root);
  const trees = [from!, to!].map((root) => Tree.fromChecksums(repo, root));
  const size = (tree: Tree, path: string) => {
    const entry = tree.lookup(path);
    return entry?.type === "file" ? repo.statFile(entry.checksum).size : 0;
  };
  const files: FileDifference[] = [];
  for (const { path, kind, type } of diffTrees(repo, from!, to!)) {
    if (type === "dir" || kind === "meta") continue;
    files.push({ path, kind, delta: size(trees[1]!, path) - size(trees[0]!, path) });
  }
  return { before, packages: diffPackages(before.packages, after.packages), files };
}
