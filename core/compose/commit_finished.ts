import type { Progress } from "@apt-ostree/base";
import { Repo } from "@apt-ostree/ostree";
import { ComposeError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import { diffPackages } from "../packages/diff_packages.ts";
import { nextVersion } from "../treefile/next_version.ts";
import type { Treefile } from "../treefile/treefile.ts";
import { checkComposed } from "./check_composed.ts";
import type { FinishedTree } from "./closing_stage.ts";
import { readMetadataFiles, readPackageList } from "./commit_metadata.ts";
import type { CommitOptions } from "./commit_options.ts";
import type { ComposeArea } from "./compose_area.ts";
import { composeJson } from "./compose_json.ts";
import type { ComposedCommit } from "./compose_tree.ts";
import { openSigner } from "./open_signer.ts";
import { requireOutputs, writeOutput } from "./output_file.ts";
import { pickDefined } from "./pick_defined.ts";
import { treeFilter } from "./tree_filter.ts";
import { writeCommit, type WriteCommitOptions } from "./write_commit.ts";

/** What {@linkcode commitFinished} works with, beside what a commit is made of. */
export interface CommitFinishedOptions extends
  Omit<
    WriteCommitOptions,
    "added" | "addedJson" | "work" | "writeCommitidTo" | "onSynced" | "finished"
  > {
  readonly finished: FinishedTree;
  readonly area: ComposeArea;
  /** Imports of its packages, where all of them are at hand. */
  readonly shipped: readonly PackageCommit[] | undefined;
  /** Directories of this machine that no file should name. */
  readonly buildPaths: readonly string[];
  /** What the user says about the commit. */
  readonly commit: CommitOptions;
  readonly progress?: Progress;
}

/**
 * Check a finished tree, commit it, and tell what came of it.
 *
 * @throws {ComposeError} {@linkcode SignatureError} {@linkcode RepoError}
 */
export async function commitFinished(
  options: CommitFinishedOptions,
): Promise<Omit<ComposedCommit, "imported">> {
  const { finished, treefile, area, target, packages, parent, commit } = options;
  const checks = checkComposed({
    work: area.work,
    tree: finished.tree,
    packages: options.shipped,
    treefile,
    filter: treeFilter(treefile),
    cachedir: area.cachedir,
    buildPaths: options.buildPaths,
    ...pickDefined(options, "progress"),
  });
  const written = await writeCommit({
    ...options,
    added: commit.addMetadata ?? {},
    addedJson: readMetadataFiles(commit.addMetadataFrom ?? []),
    work: area.work,
    writeCommitidTo: commit.writeCommitidTo,
    onSynced: () => area.endUnsynced(),
  });
  const before = parent === undefined
    ? []
    : readPackageList(target.readCommit(parent).metadata) ?? [];
  const difference = diffPackages(before, packages);
  if (commit.writeComposejsonTo !== undefined) {
    const json = composeJson(target, written, difference);
    writeOutput(commit.writeComposejsonTo, `${JSON.stringify(json, null, 2)}\n`);
  }
  return {
    kind: "committed",
    commit: written.commit,
    ref: written.ref,
    sboms: written.sboms,
    version: options.version,
    inputHash: options.inputHash,
    packages: packages.length,
    difference,
    droppedFiles: finished.dropped,
    checks,
  };
}

/**
 * Make sure that what the user says about a commit can be carried out, before the work begins that leads
 * to it: files to read and to write, keys.
 *
 * @throws {ComposeError} {@linkcode TreefileError} {@linkcode SignatureError}
 */
export function requireCommitOptions(
  { sign }: Pick<Treefile, "sign">,
  { addMetadataFrom = [], writeCommitidTo, writeComposejsonTo }: CommitOptions,
): void {
  requireOutputs(writeCommitidTo, writeComposejsonTo);
  readMetadataFiles(addMetadataFrom);
  for (const key of sign) openSigner(key);
}

/** Open the repository that takes a commit. @throws {ComposeError} `compose/unfit-repo`. */
export function openTarget(path: string): Repo {
  const target = Repo.open(path);
  if (target.mode !== "bare-user-only") return target;
  throw new ComposeError(
    "compose/unfit-repo",
    `Cannot compose into "${path}": a repository of mode bare-user-only keeps no owners`,
    { subject: path, hint: "Use a repository of mode archive or bare-user" },
  );
}

/** Commit that the next one comes after; `undefined` where there is none. */
export function findParent(
  target: Repo,
  { ref }: Pick<Treefile, "ref">,
  { noParent, parent }: Pick<CommitOptions, "noParent" | "parent">,
): string | undefined {
  if (noParent) return undefined;
  if (parent !== undefined) return target.requireRev(parent);
  return ref === undefined ? undefined : target.resolveRev(ref);
}

/** Version of the next commit, as the treefile counts; `undefined` where it does not. */
export function findVersion(
  target: Repo | undefined,
  treefile: Pick<Treefile, "automaticVersionPrefix" | "automaticVersionSuffix">,
  parent: string | undefined,
  timestamp: number,
  previousVersion?: string,
): string | undefined {
  const { automaticVersionPrefix: prefix, automaticVersionSuffix: suffix } = treefile;
  if (prefix === undefined) return undefined;
  const before = target && parent !== undefined ? target.readCommit(parent) : undefined;
  const previous = previousVersion ?? before?.metadata.get("version")?.value as string | undefined;
  return nextVersion(prefix, suffix, previous, new Date(timestamp * 1000));
}
