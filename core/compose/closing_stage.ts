import type { Progress, Runner } from "@apt-ostree/base";
import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { removeTree } from "@apt-ostree/sandbox";
import type { Assembly } from "../assemble/assemble_system.ts";
import type { Treefile, TreefileFile } from "../treefile/treefile.ts";
import { emptyMountPoints } from "./mount_points.ts";
import { pickDefined } from "./pick_defined.ts";
import { layOutDeployment, listPlaces, USUAL_LAYOUT } from "./postprocess/deployment_layout.ts";
import { kernelRelease, moveKernel } from "./postprocess/kernel.ts";
import { makeInitramfs } from "./postprocess/make_initramfs.ts";
import { runFinalizers } from "./postprocess/run_finalizers.ts";

/** What a treefile says about the form that libostree deploys. */
export type ClosingFields = Pick<
  Treefile,
  | "container"
  | "initramfs"
  | "initramfsArgs"
  | "tmpIsDir"
  | "optUsrlocal"
  | "machineidCompat"
>;

/** The same where there is no treefile. */
export const USUAL_CLOSING: ClosingFields = {
  container: false,
  initramfs: true,
  initramfsArgs: [],
  ...USUAL_LAYOUT,
};

/** What {@linkcode runClosingStage} works with. */
export interface ClosingStageOptions {
  /** A system whose content is as it shall be. */
  readonly assembly: Assembly;
  /** Repository that its tree is in. */
  readonly repo: Repo;
  readonly fields: ClosingFields;
  /** Programs that have the last word, in their order. */
  readonly finalizers: readonly TreefileFile[];
  /** Seconds since 1970 that they take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** Directory for what is made on the way; it need not exist. */
  readonly directory: string;
  /** Build the initramfs even where one from the same files is known. */
  readonly freshInitramfs: boolean;
  /** Told files and links that stay as they are: most before what takes long, the rest at the end. */
  readonly onFiles?: (checksums: Iterable<string>) => void;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A tree that can be committed. */
export interface FinishedTree {
  readonly root: TreeChecksums;
  /** The same, to be looked through. */
  readonly tree: Tree;
  /** Release of its kernel; `undefined` where it does not boot. */
  readonly release: string | undefined;
  /** Files below /var that were not kept: programs make them again. */
  readonly dropped: readonly string[];
}

/**
 * Turn a tree into the form that libostree deploys: initramfs, kernel, layout, dpkg's database; at last
 * the treefile's own programs.
 *
 * @throws {ComposeError} {@linkcode ScriptError}
 */
export async function runClosingStage(options: ClosingStageOptions): Promise<FinishedTree> {
  const { assembly, repo, fields } = options;
  const { tree } = assembly;
  emptyMountPoints(tree);
  options.onFiles?.(lastingFiles(tree));
  const release = fields.container ? undefined : kernelRelease(tree);
  const initramfs = release !== undefined && fields.initramfs
    ? await makeInitramfs(assembly, {
      ...{ repo, release, fresh: options.freshInitramfs, args: fields.initramfsArgs },
      directory: `${options.directory}/initramfs`,
      ...pickDefined(options, "signal", "progress"),
    })
    : undefined;
  const { dropped } = assembly.write((txn) => {
    if (release !== undefined) moveKernel(tree, release);
    if (initramfs !== undefined) {
      tree.putFile(`usr/lib/modules/${release}/initramfs.img`, initramfs);
    }
    return layOutDeployment(repo, txn, tree, fields);
  });
  assembly.write((txn) => listPlaces(repo, txn, tree));
  const root = assembly.write((txn) => tree.write(txn));
  if (options.finalizers.length === 0) {
    options.onFiles?.(filesOf(tree));
    return { root, tree, release, dropped };
  }
  const place = `${options.directory}/finalize`;
  const finalized = await runFinalizers({ ...options, root, place });
  removeTree(place);
  return { root: finalized, tree: Tree.fromChecksums(repo, finalized), release, dropped };
}

/** Without those that the layout of a deployment may drop or write anew. */
function lastingFiles(tree: Tree): Generator<string> {
  return filesOf(tree, (path) => /^(var|usr\/lib\/sysimage)\//.test(path));
}

function* filesOf(tree: Tree, but: (path: string) => boolean = () => false): Generator<string> {
  for (const [path, entry] of tree.walk()) {
    if (entry.type === "file" && !but(path)) yield entry.checksum;
  }
}
