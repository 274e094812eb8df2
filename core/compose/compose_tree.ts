import { requireRoot } from "@apt-ostree/sandbox";
import type { CheckReport } from "../checks/run_checks.ts";
import { ComposeError } from "../error.ts";
import type { PackageDifference } from "../packages/diff_packages.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { readTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile } from "../treefile/treefile.ts";
import { runClosingStage } from "./closing_stage.ts";
import {
  commitFinished,
  findParent,
  findVersion,
  openTarget,
  requireCommitOptions,
} from "./commit_finished.ts";
import type { CommitOptions } from "./commit_options.ts";
import { ComposeArea } from "./compose_area.ts";
import type { InstallOptions } from "./install_options.ts";
import { requireOutputs } from "./output_file.ts";
import { pickDefined } from "./pick_defined.ts";
import { touchFile } from "./touch_file.ts";
import { type InstallEnd, type KnownCompose, TreeInstall } from "./tree_install.ts";

/** What {@linkcode composeTree} is asked for; a repository is needed unless the treefile is printed. */
export interface ComposeTreeOptions extends InstallOptions, CommitOptions {}

/** A commit that was made of a finished tree. */
export interface ComposedCommit {
  /** Tells it from other results. */
  readonly kind: "committed";
  /** Checksum of the commit. */
  readonly commit: string;
  /** `undefined` where no ref was written. */
  readonly ref: string | undefined;
  /** Its version, where it has one. */
  readonly version: string | undefined;
  /** Digest over all that went into it. */
  readonly inputHash: string;
  /** Packages of the tree. */
  readonly packages: number;
  /** Packages that had not been imported before. */
  readonly imported: number;
  /** What differs from the parent. */
  readonly difference: PackageDifference;
  /** Files below /var that were not kept: programs make them again. */
  readonly droppedFiles: readonly string[];
  /** What the checks found, none of it an error. */
  readonly checks: CheckReport;
  /** Files of the bills of materials that were written. */
  readonly sboms: readonly string[];
}

/** What a compose came to. */
export type ComposeTreeResult =
  | { readonly kind: "printed"; readonly text: string }
  | InstallEnd
  | ({ readonly kind: "unchanged" } & KnownCompose)
  | ComposedCommit;

/**
 * Make an OSTree commit from a treefile.
 *
 * Nothing is written to the repository until the whole tree stands; a compose of unchanged inputs
 * writes nothing at all.
 *
 * The process must be root, or root of a user namespace: see {@linkcode becomeRoot}.
 *
 * @throws {TreefileError} {@linkcode AptError} {@linkcode ScriptError} {@linkcode ConflictError}
 * {@linkcode ComposeError} {@linkcode RepoError} {@linkcode SandboxError}
 */
export async function composeTree(options: ComposeTreeOptions): Promise<ComposeTreeResult> {
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  const { treefile, directory, finalizers } = read;
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  if (options.printOnly) {
    return { kind: "printed", text: formatTreefile(treefile, basearch, directory) };
  }
  if (options.repo === undefined) {
    throw new ComposeError("compose/no-repo", "Cannot compose: no repository is named", {
      hint: "Name one with --repo=REPO; make one with: ostree --repo=REPO init --mode=archive",
    });
  }
  if (treefile.ref === undefined && options.writeCommitidTo === undefined) {
    throw new ComposeError(
      "compose/no-ref",
      `Cannot compose "${options.treefile}": it names no ref`,
      {
        subject: options.treefile,
        hint: "Add ref: to it, or use --write-commitid-to=FILE",
      },
    );
  }
  requireOutputs(options.writeLockfileTo, options.touchIfChanged);
  requireRoot();
  const target = openTarget(options.repo);
  const call = pickDefined(options, "signal", "progress");
  using area = await ComposeArea.open({
    target,
    ...pickDefined(options, "cachedir", "noWait"),
    ...call,
  });
  const install = await TreeInstall.resolve({ options, read, basearch, area, target });
  const end = await install.end();
  if (end) return end;
  const known = install.known();
  // Who asks for the commit's checksum gets one, unless what it is compared with is named.
  const mayStop = options.writeCommitidTo === undefined || options.previousInputhash !== undefined;
  if (known && !options.forceNocache && mayStop) {
    return { kind: "unchanged", ...known };
  }
  requireCommitOptions(treefile, options);
  const ready = await install.import();
  if ("kind" in ready) return ready;
  const { packages, imported } = ready;
  const { inputHash, timestamp, repositories } = install;
  const parent = findParent(target, treefile, options);
  await using ahead = install.pullAhead(packages, target);
  const version = options.addMetadata?.["version"] ??
    findVersion(target, treefile, parent, timestamp, options.previousVersion);
  const assembly = await install.assemble(packages, { parent, version });
  const finished = await runClosingStage({
    assembly,
    repo: area.work,
    fields: treefile,
    finalizers,
    sourceDateEpoch: timestamp,
    directory: area.directory.path,
    freshInitramfs: options.forceNocache ?? false,
    ...(ahead ? { onFiles: (files) => ahead.add(files) } : {}),
    ...pickDefined(options, "runner"),
    ...call,
  });
  const composed = await commitFinished({
    finished,
    treefile,
    basearch,
    area,
    target,
    shipped: packages,
    packages: packages.map(({ id, sha256 }) => ({ ...id, sha256 })),
    scripts: assembly.scripts,
    buildPaths: [area.cachedir, Deno.realPathSync(target.path)],
    inputHash,
    repositories,
    version,
    timestamp,
    parent,
    sourceRoot: options.sourceRoot ?? "/",
    ...(ahead ? { ahead } : {}),
    commit: options,
    ...call,
  });
  if (options.touchIfChanged !== undefined) touchFile(options.touchIfChanged);
  return { ...composed, imported };
}
