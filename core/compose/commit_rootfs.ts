import { resolve } from "@std/path";
import type { Progress, Runner } from "@apt-ostree/base";
import { type Repo, Tree } from "@apt-ostree/ostree";
import { requireRoot } from "@apt-ostree/sandbox";
import { decodeScripts } from "../audit/encode_scripts.ts";
import { committedAccounts } from "../assemble/keep_ids.ts";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import { ComposeError } from "../error.ts";
import { findPackage } from "../import/import_packages.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import {
  commitFinished,
  findParent,
  findVersion,
  openTarget,
  requireCommitOptions,
} from "./commit_finished.ts";
import type { CommitFacts } from "./commit_metadata.ts";
import type { CommitOptions } from "./commit_options.ts";
import { ComposeArea } from "./compose_area.ts";
import type { ComposedCommit } from "./compose_tree.ts";
import { editedInputHash, treeInputHash } from "./input_hash.ts";
import { pickDefined } from "./pick_defined.ts";
import { checkAccounts } from "./postprocess/check_accounts.ts";
import { now } from "./postprocess_rootfs.ts";
import { AdoptedRootfs } from "./rootfs/adopted_rootfs.ts";
import { importRootfs, requireRootfs } from "./rootfs/import_rootfs.ts";
import { isSameTree, readRootfsFacts, type RootfsFacts } from "./rootfs/rootfs_facts.ts";

/** What {@linkcode commitRootfs} is asked for. */
export interface CommitRootfsOptions extends CommitOptions {
  /** Path of the treefile: its ref, metadata, checks and signatures count. */
  readonly treefile: string;
  /** Directory of the root file system. */
  readonly rootfs: string;
  /** Repository that takes the commit. */
  readonly repo: string;
  /** Fail where another compose is at work, instead of waiting. */
  readonly noWait?: boolean;
  /** Seconds since 1970 for the commit. @default those of its installation, else now */
  readonly sourceDateEpoch?: number;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/**
 * Commit a root file system, whoever made it; the directory stays as it is.
 *
 * One that has not been postprocessed gets its form on the way. Of what {@linkcode installTree} made and
 * nobody edited the commit is the one that {@linkcode composeTree} makes; of any other the packages are
 * those of dpkg's database, and the input hash is that of the files.
 *
 * @throws {ComposeError} {@linkcode TreefileError} {@linkcode RepoError} {@linkcode SandboxError}
 */
export async function commitRootfs(options: CommitRootfsOptions): Promise<ComposedCommit> {
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  const { treefile } = read;
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  if (treefile.ref === undefined && options.writeCommitidTo === undefined) {
    throw new ComposeError(
      "compose/no-ref",
      `Cannot commit "${options.rootfs}": the treefile names no ref`,
      { subject: options.treefile, hint: "Add ref: to it, or use --write-commitid-to=FILE" },
    );
  }
  requireCommitOptions(treefile, options);
  requireRoot();
  const target = openTarget(options.repo);
  const rootfs = resolve(options.rootfs);
  const call = pickDefined(options, "signal", "progress");
  using area = await ComposeArea.open({ target, ...pickDefined(options, "noWait"), ...call });
  area.beginUnsynced();
  const { work } = area;
  requireRootfs(rootfs);
  const facts = readRootfsFacts(rootfs);
  const timestamp = options.sourceDateEpoch ?? facts?.timestamp ?? now();
  const root = await importRootfs(work, rootfs, call);
  const finished = await new AdoptedRootfs({
    repo: work,
    root,
    path: options.rootfs,
    basearch,
    read,
    sourceDateEpoch: timestamp,
    directory: area.directory.path,
    ...pickDefined(options, "runner"),
    ...call,
  }).close();
  const parent = findParent(target, treefile, options);
  const before = parent === undefined ? undefined : Tree.fromCommit(target, parent);
  checkAccounts(
    treefile,
    committedAccounts(work, finished.tree),
    before && committedAccounts(target, before),
  );
  // What nobody has touched since the treefile made it is known by what it was made of.
  const made = facts && facts.treefile === read.digest && isSameTree(facts.tree, root);
  const known = made ? { packages: facts.packages, inputHash: madeHash(read, basearch, facts) } : {
    packages: databasePackages(work, finished.tree, facts),
    inputHash: editedInputHash(read, basearch, finished.root),
  };
  // The version that the files themselves may have, unless they were made anew in the meantime.
  const noted = made || treefile.mutateOsRelease !== undefined ? facts?.commitVersion : undefined;
  const version = options.addMetadata?.["version"] ?? noted ??
    findVersion(target, treefile, parent, timestamp);
  const composed = await commitFinished({
    finished,
    treefile,
    basearch,
    area,
    target,
    ...known,
    shipped: findShipped(work, known.packages),
    scripts: (facts && decodeScripts(Uint8Array.fromBase64(facts.scripts))?.scripts) ?? [],
    buildPaths: [area.cachedir, Deno.realPathSync(target.path), Deno.realPathSync(rootfs)],
    repositories: facts?.repositories ?? [],
    version,
    timestamp,
    parent,
    sourceRoot: "/",
    commit: options,
    ...call,
  });
  return { ...composed, imported: 0 };
}

function madeHash(read: ReadTreefile, basearch: string, facts: RootfsFacts): string {
  return treeInputHash(read, basearch, facts.packages, facts.layers);
}

/** Packages as dpkg's database has them, with the digests that their installation knew. */
function databasePackages(
  repo: Repo,
  tree: Tree,
  facts: RootfsFacts | undefined,
): CommitFacts["packages"] {
  const digests = new Map((facts?.packages ?? []).map((each) => [keyOf(each), each.sha256]));
  const installed = new DpkgDatabase(repo, tree).installed();
  return installed.filter(({ state }) => state === "installed").map(({ id }) => {
    const sha256 = digests.get(keyOf(id));
    return { ...id, ...(sha256 === undefined ? {} : { sha256 }) };
  });
}

function keyOf(id: CommitFacts["packages"][number]): string {
  return `${id.name}\0${id.version}\0${id.architecture}`;
}

/** Imports of all packages; `undefined` where one is not at hand. */
function findShipped(work: Repo, packages: CommitFacts["packages"]) {
  const found = packages.flatMap((each) =>
    (each.sha256 === undefined ? undefined : findPackage(work, each, each.sha256)) ?? []
  );
  return found.length === packages.length ? found : undefined;
}
