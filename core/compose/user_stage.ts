import type { Plan } from "@apt-ostree/apt";
import type { Progress } from "@apt-ostree/base";
import { type Repo, Tree } from "@apt-ostree/ostree";
import type { Sandbox } from "@apt-ostree/sandbox";
import type { Assembly } from "../assemble/assemble_system.ts";
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
import {
  addFiles,
  lockExecutables,
  removeFiles,
  removeFromPackages,
} from "./postprocess/edit_files.ts";
import { mutateTreeOsRelease } from "./postprocess/mutate_os_release.ts";
import { missingAccounts, runSysusers } from "./postprocess/run_sysusers.ts";
import {
  enableUnits,
  runTreefileProgram,
  runTreefileScripts,
} from "./postprocess/run_treefile_scripts.ts";
import { wrapPrograms } from "./postprocess/wrap_programs.ts";

/** What {@linkcode runUserStage} works with. */
export interface UserStageOptions {
  /** A system whose packages are configured. */
  readonly assembly: Assembly;
  /** Repository that its tree is in. */
  readonly repo: Repo;
  /** Repository of layers; needed where there are any. */
  readonly layerRepo: Repo | undefined;
  readonly read: ReadTreefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  readonly plan: Plan;
  readonly layers: OstreeLayers;
  /** Commit that accounts are compared with, and the repository that has it. */
  readonly parent: { readonly repo: Repo; readonly commit: string } | undefined;
  /** Version of the commit to be. */
  readonly version: string | undefined;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/**
 * Carry out what a treefile says about the content of a tree, in rpm-ostree's order: all that comes
 * between its packages and the form that libostree deploys.
 *
 * @throws {ComposeError} {@linkcode ScriptError} {@linkcode TreefileError}
 */
export async function runUserStage(options: UserStageOptions): Promise<void> {
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
  if (options.layerRepo) await addLayers(options.layerRepo, repo, tree, options.layers, call);
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
}

/** Give accounts the numbers that they had in the parent, and check that all are who they were. */
function settleAccounts({ assembly, repo, parent, read }: UserStageOptions): void {
  const { tree } = assembly;
  const { treefile } = read;
  const before = parent &&
    committedAccounts(parent.repo, Tree.fromCommit(parent.repo, parent.commit));
  if (before && treefile.preservePasswd) {
    const changes = planIds(readAccounts(repo, tree), before);
    assembly.write((txn) => changeIds(repo, txn, tree, changes));
  }
  checkAccounts(treefile, readAccounts(repo, tree), before);
}
