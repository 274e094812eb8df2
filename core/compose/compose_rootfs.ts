import { dirname, resolve } from "@std/path";
import { requireRoot } from "@apt-ostree/sandbox";
import { hostBasearch } from "../treefile/architecture.ts";
import { readTreefile } from "../treefile/read_treefile.ts";
import { openTarget } from "./commit_finished.ts";
import type { InstallOptions } from "./install_options.ts";
import { makeTree, openInstallArea } from "./install_tree.ts";
import { pickDefined } from "./pick_defined.ts";
import { makeContainerRoot } from "./rootfs/container_root.ts";
import { Scratch } from "./rootfs/scratch.ts";
import { refuseExisting, writeRootfs } from "./rootfs/write_rootfs.ts";
import { TreeInstall } from "./tree_install.ts";

/** What {@linkcode composeRootfs} is asked for. */
export interface ComposeRootfsOptions extends
  Pick<
    InstallOptions,
    | "treefile"
    | "repo"
    | "cachedir"
    | "sourceRoot"
    | "lockfiles"
    | "noWait"
    | "sourceDateEpoch"
    | "cellLimits"
    | "runner"
    | "signal"
    | "progress"
  > {
  /** Directory to make; it must not exist. */
  readonly dest: string;
}

/** A root of containers that was written. */
export interface ComposedRootfs {
  /** Its directory. */
  readonly rootfs: string;
  /** Packages of the tree. */
  readonly packages: number;
  /** Packages that had not been imported before. */
  readonly imported: number;
}

/**
 * Make the root of a container image from a treefile: what a commit has, with /etc in its place and /var
 * filled.
 *
 * @throws {TreefileError} {@linkcode AptError} {@linkcode ScriptError} {@linkcode ConflictError}
 * {@linkcode ComposeError} {@linkcode RepoError} {@linkcode SandboxError}
 */
export async function composeRootfs(options: ComposeRootfsOptions): Promise<ComposedRootfs> {
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  requireRoot();
  const dest = resolve(options.dest);
  refuseExisting(dest);
  using scratch = Scratch.beside(dirname(dest));
  const target = options.repo === undefined ? undefined : openTarget(options.repo);
  using area = await openInstallArea(options, target, scratch);
  const install = await TreeInstall.resolve({ options, read, basearch, area, target });
  const ready = await install.import();
  if ("kind" in ready) throw new TypeError("Nothing of these options ends an import");
  const { packages, imported } = ready;
  const from = { options: { ...options, postprocess: true }, read, area, target };
  const { tree, assembly } = await makeTree(install, packages, from);
  const root = assembly.write((txn) => {
    makeContainerRoot(area.work, txn, tree);
    return tree.write(txn);
  });
  const call = pickDefined(options, "signal", "progress");
  await writeRootfs(area.work, root, dest, { scratch, replace: false, ...call });
  area.sync();
  return { rootfs: dest, packages: packages.length, imported };
}
