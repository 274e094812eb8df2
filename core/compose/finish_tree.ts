import type { Plan } from "@apt-ostree/apt";
import type { Progress } from "@apt-ostree/base";
import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import type { Sandbox } from "@apt-ostree/sandbox";
import type { Assembly } from "../assemble/assemble_system.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { changeIds, committedAccounts, planIds } from "../assemble/keep_ids.ts";
import { writeTreeText } from "../assemble/tree_text.ts";
import { dpkgArchitecture } from "../treefile/architecture.ts";
import type { ReadTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile } from "../treefile/treefile.ts";
import { COMMITTED_TREEFILE } from "./committed_treefile.ts";
import { pickDefined } from "./pick_defined.ts";
import { readAccounts } from "./postprocess/accounts.ts";
import { addLayers, type OstreeLayers } from "./postprocess/add_layers.ts";
import { writeAutoInstalled } from "./postprocess/auto_installed.ts";
import { checkAccounts } from "./postprocess/check_accounts.ts";
import { forgetMissingFiles, layOutDeployment } from "./postprocess/deployment_layout.ts";
import {
  addFiles,
  lockExecutables,
  removeFiles,
  removeFromPackages,
} from "./postprocess/edit_files.ts";
import { kernelRelease, moveKernel } from "./postprocess/kernel.ts";
import { makeInitramfs } from "./postprocess/make_initramfs.ts";
import { mutateTreeOsRelease } from "./postprocess/mutate_os_release.ts";
import { missingAccounts, runSysusers } from "./postprocess/run_sysusers.ts";
import {
  enableUnits,
  runTreefileProgram,
  runTreefileScripts,
} from "./postprocess/run_treefile_scripts.ts";
import { wrapPrograms } from "./postprocess/wrap_programs.ts";

/** What {@linkcode finishTree} works with. */
export interface FinishOptions {
  /** A system whose packages are configured. */
  readonly assembly: Assembly;
  /** Repository that its tree is in. */
  readonly repo: Repo;
  /** Repository of the parent. */
  readonly target: Repo;
  /** Repository of layers. */
  readonly layerRepo: Repo;
  readonly read: ReadTreefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  readonly plan: Plan;
  readonly layers: OstreeLayers;
  /** Commit that accounts are compared with. */
  readonly parent: string | undefined;
  /** Version of the commit to be. */
  readonly version: string | undefined;
  /** Directory for the initramfs while it is built. */
  readonly directory: string;
  /** Build the initramfs even where one from the same files is known. */
  readonly freshInitramfs: boolean;
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
  /** What the scripts of its packages did. */
  readonly scripts: readonly RecordedScript[];
}

/**
 * Carry out all of a treefile that comes after the packages, in rpm-ostree's order, and turn the tree
 * into the form that libostree deploys.
 *
 * @throws {ComposeError} {@linkcode ScriptError} {@linkcode TreefileError}
 */
export async function finishTree(options: FinishOptions): Promise<FinishedTree> {
  const { assembly, repo, read, basearch, version, progress } = options;
  const { treefile } = read;
  const { tree } = assembly;
  const call = pickDefined(options, "signal");
  const warn = (text: string) => progress?.({ type: "message", level: "warning", text });
  const inside = async (work: (sandbox: Sandbox) => Promise<void>) => {
    const sandbox = await assembly.sandbox();
    await work(sandbox);
    await sandbox.keep();
  };
  assembly.write((txn) =>
    writeAutoInstalled(txn, tree, options.plan.packages, dpkgArchitecture(basearch))
  );
  await addLayers(options.layerRepo, repo, tree, options.layers, call);
  if (treefile.sysusers === "compose-forced" || missingAccounts(repo, tree).length > 0) {
    const forced = treefile.sysusers === "compose-forced";
    await inside((sandbox) => runSysusers(sandbox, tree, { forced, ...call }));
  }
  if (treefile.units.length > 0 || treefile.defaultTarget !== undefined) {
    await inside((sandbox) => enableUnits(sandbox, treefile.units, treefile.defaultTarget, call));
  }
  assembly.write((txn) => {
    const json = formatTreefile(treefile, basearch, read.directory);
    writeTreeText(txn, tree, COMMITTED_TREEFILE, json);
    if (treefile.mutateOsRelease !== undefined) {
      if (version === undefined) warn("mutate-os-release has no effect: the commit has no version");
      else mutateTreeOsRelease(repo, txn, tree, treefile.mutateOsRelease, version);
    }
    removeFromPackages(repo, tree, treefile.removeFromPackages);
    const absent = removeFiles(tree, treefile.removeFiles);
    if (absent.length > 0) warn(`remove-files: not there: /${absent.join(", /")}`);
    addFiles(txn, tree, treefile.addFiles);
    wrapPrograms(repo, txn, tree, treefile.wrappedPrograms);
  });
  if (treefile.postprocess.length > 0) {
    await inside((sandbox) => runTreefileScripts(sandbox, treefile.postprocess, call));
  }
  const { postprocessScript } = treefile;
  if (postprocessScript) {
    await inside((sandbox) => runTreefileProgram(sandbox, postprocessScript, call));
  }
  if (treefile.readonlyExecutables) assembly.write((txn) => lockExecutables(repo, txn, tree));
  settleAccounts(options);
  if (assembly.skipped.length > 0) {
    warn(`Left out, since no commit can hold them: ${assembly.skipped.join(", ")}`);
  }
  const release = treefile.container ? undefined : kernelRelease(tree);
  const initramfs = release !== undefined && treefile.initramfs
    ? await makeInitramfs(assembly, {
      ...{ repo, release, directory: options.directory, fresh: options.freshInitramfs },
      args: treefile.initramfsArgs,
      ...pickDefined(options, "signal", "progress"),
    })
    : undefined;
  const { dropped } = assembly.write((txn) => {
    if (release !== undefined) moveKernel(tree, release);
    if (initramfs !== undefined) {
      tree.putFile(`usr/lib/modules/${release}/initramfs.img`, initramfs);
    }
    return layOutDeployment(repo, txn, tree, treefile);
  });
  assembly.write((txn) => forgetMissingFiles(repo, txn, tree));
  const { scripts } = assembly;
  return { root: assembly.write((txn) => tree.write(txn)), tree, release, dropped, scripts };
}

/** Give accounts the numbers that they had in the parent, and check that all are who they were. */
function settleAccounts({ assembly, repo, target, parent, read }: FinishOptions): void {
  const { tree } = assembly;
  const { treefile } = read;
  const before = parent === undefined
    ? undefined
    : committedAccounts(target, Tree.fromCommit(target, parent));
  if (before && treefile.preservePasswd) {
    const changes = planIds(readAccounts(repo, tree), before);
    assembly.write((txn) => changeIds(repo, txn, tree, changes));
  }
  checkAccounts(treefile, readAccounts(repo, tree), before);
}
