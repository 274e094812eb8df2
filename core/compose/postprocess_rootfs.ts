import { dirname, resolve } from "@std/path";
import type { Progress, Runner } from "@apt-ostree/base";
import { requireRoot } from "@apt-ostree/sandbox";
import { ComposeError } from "../error.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { readTreefile } from "../treefile/read_treefile.ts";
import { holdLock } from "./hold_lock.ts";
import { pickDefined } from "./pick_defined.ts";
import { AdoptedRootfs } from "./rootfs/adopted_rootfs.ts";
import { importRootfs, requireRootfs } from "./rootfs/import_rootfs.ts";
import { isSameTree, readRootfsFacts, writeRootfsFacts } from "./rootfs/rootfs_facts.ts";
import { Scratch } from "./rootfs/scratch.ts";
import { writeRootfs } from "./rootfs/write_rootfs.ts";

/** What {@linkcode postprocessRootfs} is asked for. */
export interface PostprocessRootfsOptions {
  /** Directory of the root file system. */
  readonly rootfs: string;
  /** Path of the treefile whose layout, initramfs and finalize.d count. @default all as usual */
  readonly treefile?: string;
  /** Seconds since 1970 for programs. @default those of its installation, else now */
  readonly sourceDateEpoch?: number;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A root file system in the form that libostree deploys. */
export interface PostprocessedRootfs {
  /** Its directory. */
  readonly rootfs: string;
  /** Release of its kernel; `undefined` where it does not boot. */
  readonly release: string | undefined;
  /** Files below /var that were not kept: programs make them again. */
  readonly droppedFiles: readonly string[];
}

/**
 * Give a root file system the form that libostree deploys, whoever made it.
 *
 * The new one is made beside the old and takes its place at once: whatever ends the process, the
 * directory is whole.
 *
 * @throws {ComposeError} {@linkcode TreefileError} {@linkcode SandboxError}
 */
export async function postprocessRootfs(
  options: PostprocessRootfsOptions,
): Promise<PostprocessedRootfs> {
  const basearch = hostBasearch();
  const read = options.treefile === undefined
    ? undefined
    : readTreefile(options.treefile, basearch);
  for (const text of read?.warnings ?? []) {
    options.progress?.({ type: "message", level: "warning", text });
  }
  requireRoot();
  const rootfs = resolve(options.rootfs);
  const call = pickDefined(options, "signal", "progress");
  requireRootfs(rootfs);
  using _lock = await holdLock(rootfs, options.rootfs, call);
  const facts = readRootfsFacts(rootfs);
  const sourceDateEpoch = options.sourceDateEpoch ?? facts?.timestamp ?? now();
  using scratch = Scratch.beside(dirname(rootfs));
  const { repo } = scratch;
  const root = await importRootfs(repo, rootfs, call);
  const adopted = new AdoptedRootfs({
    repo,
    root,
    path: options.rootfs,
    basearch,
    read,
    sourceDateEpoch,
    directory: scratch.join("work"),
    ...pickDefined(options, "runner"),
    ...call,
  });
  if (adopted.form === "deployable") {
    throw new ComposeError(
      "compose/postprocessed",
      `Cannot postprocess "${options.rootfs}": it has been already, its /etc is /usr/etc`,
      {
        subject: options.rootfs,
        hint: "Commit it with: apt-ostree compose commit --repo=REPO TREEFILE ROOTFS",
      },
    );
  }
  const finished = await adopted.close();
  await writeRootfs(repo, finished.root, rootfs, { scratch, replace: true, ...call });
  if (facts) {
    const same = isSameTree(facts.tree, root) && facts.treefile === read?.digest;
    const treefile = same ? facts.treefile : null;
    writeRootfsFacts(rootfs, { ...facts, tree: finished.root, treefile });
  }
  return { rootfs, release: finished.release, droppedFiles: finished.dropped };
}

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
