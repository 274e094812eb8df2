import type { Progress, Runner } from "@apt-ostree/base";
import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import type { InterceptedCall } from "@apt-ostree/sandbox";
import { Assembly } from "../assemble/assemble_system.ts";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import { InstalledPackage } from "../assemble/installed_package.ts";
import { type Accounts, changeIds, planIds } from "../assemble/keep_ids.ts";
import type { PathFilter } from "../assemble/path_filter.ts";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { splitStatus } from "../assemble/status_file.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { readCommittedTreefile } from "../compose/committed_treefile.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { readAccounts } from "../compose/postprocess/accounts.ts";
import {
  layOutDeployment,
  layoutOf,
  listPlaces,
} from "../compose/postprocess/deployment_layout.ts";
import { kernelRelease, moveKernel } from "../compose/postprocess/kernel.ts";
import { LayerError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import type { PackageId } from "../import/package_ref.ts";
import { changeAutoInstalled } from "./change_auto_installed.ts";
import { checkLayeredKernel } from "./check_kernel.ts";
import { KeptCheckout } from "./kept_checkout.ts";
import { layeredInitramfs } from "./layered_initramfs.ts";
import type { LayerChange } from "./layer_change.ts";
import { requestName } from "./layer_change.ts";
import { openDeployment, type OpenedDeployment } from "./open_deployment.ts";
import type { LayeringPlan } from "./plan_layering.ts";

/** What {@linkcode applyLayering} works with. */
export interface ApplyLayeringOptions {
  /** Repository that has the base and the packages; of mode bare or bare-user. */
  readonly work: Repo;
  /** Empty directory on its filesystem; its owner removes it. */
  readonly directory: string;
  /** Tree of the base, in the form that libostree deploys. */
  readonly base: TreeChecksums;
  /** Directory on its filesystem for checkouts of bases that are kept; the caller has it alone. */
  readonly checkouts: string;
  /** Seconds since 1970 that scripts take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** dpkg's name of the architecture. */
  readonly architecture: string;
  /** Accounts that keep their numbers where the base does not have them. */
  readonly accounts?: Accounts;
  /** Which shipped paths are laid out. @default all */
  readonly filter?: PathFilter;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A changed base. */
export interface AppliedLayering {
  /** Its tree, in the form that libostree deploys. */
  readonly root: TreeChecksums;
  /** Packages that it has. */
  readonly packages: readonly PackageId[];
  /** Release of its kernel; `undefined` where it has none. */
  readonly release: string | undefined;
  /** Calls of programs that scripts made and that were intercepted. */
  readonly calls: readonly InterceptedCall[];
  /** What each maintainer script did. */
  readonly scripts: readonly RecordedScript[];
  /** Devices, FIFOs and sockets, which no tree can hold. */
  readonly skipped: readonly string[];
  /** Files below /var that were not kept: programs make them again. */
  readonly droppedFiles: readonly string[];
}

/** Packages of a base, as its dpkg database has them. @throws {LayerError} `layer/not-a-system`. */
export function readBasePackages(
  repo: Repo,
  base: TreeChecksums,
): { readonly status: string; readonly installed: readonly InstalledPackage[] } {
  const status = readTreeText(
    repo,
    Tree.fromChecksums(repo, base),
    `${DPKG_DATABASE}/status`,
  );
  if (status === undefined) {
    throw new LayerError(
      "layer/not-a-system",
      `Cannot change packages of the base: it has no "/${DPKG_DATABASE}/status"`,
      { subject: `/${DPKG_DATABASE}/status`, hint: "Use a commit that apt-ostree composed" },
    );
  }
  return { status, installed: splitStatus(status).map((stanza) => new InstalledPackage(stanza)) };
}

/**
 * Carry a plan out on the tree of a base: nothing but new objects of the repository comes of it.
 *
 * @param packages Imports of the plan's packages, in its order.
 * @throws {ConflictError} {@linkcode ScriptError} {@linkcode AssembleError} {@linkcode ComposeError}
 * {@linkcode LayerError}
 */
export async function applyLayering(
  options: ApplyLayeringOptions,
  plan: LayeringPlan,
  packages: readonly PackageCommit[],
  change: LayerChange,
): Promise<AppliedLayering> {
  const { work, base, architecture } = options;
  const tree = Tree.fromChecksums(work, base);
  const info = infoFiles(tree);
  const layout = layoutOf(tree);
  const { opened, root: openedRoot } = open(work, tree);
  await using checkout = KeptCheckout.take(
    work,
    options.checkouts,
    { base, opened: openedRoot },
    (other) => open(work, Tree.fromChecksums(work, other)).root,
  );
  const assembly = Assembly.onBase(
    {
      repo: work,
      directory: options.directory,
      sourceDateEpoch: options.sourceDateEpoch,
      ...pickDefined(options, "filter", "runner", "signal", "progress"),
    },
    tree,
    checkout,
  );
  const before = readAccounts(work, tree);
  const boot = fileNames(tree, "boot");
  await assembly.change({
    packages,
    removals: plan.removals.map(({ name, architecture }) => `${name}:${architecture}`),
    requested: plan.packages.filter((each) => each.reason === "requested")
      .map((each) => requestName(each.name)),
    essential: change.allowEssential ?? false,
    ...pickDefined(change, "recommends", "purge"),
  });
  const keep = mergeAccounts(before, options.accounts);
  const ids = planIds(readAccounts(work, tree), keep);
  if (ids.users.size + ids.groups.size > 0) {
    assembly.write((txn) => changeIds(work, txn, tree, ids));
  }
  dropKernels(tree, boot, opened.kernels.map((each) => each.release));
  const { container } = readCommittedTreefile(work, tree);
  const release = container ? undefined : kernelRelease(tree);
  const initramfs = release === undefined
    ? undefined
    : await layeredInitramfs(assembly, { ...options, release, opened });
  const { dropped } = assembly.write((txn) => {
    changeAutoInstalled(work, txn, tree, plan, architecture);
    if (release !== undefined) {
      moveKernel(tree, release);
      if (initramfs !== undefined) {
        tree.putFile(`usr/lib/modules/${release}/initramfs.img`, initramfs);
      }
    }
    return layOutDeployment(work, txn, tree, layout);
  });
  const root = assembly.write((txn) => {
    listPlaces(work, txn, tree, info);
    return tree.write(txn);
  });
  checkLayeredKernel(work, base, root);
  const installed = new DpkgDatabase(work, tree).installed();
  return {
    root,
    packages: installed.filter((each) => each.state === "installed").map((each) => each.id),
    release,
    calls: assembly.calls,
    scripts: assembly.scripts,
    skipped: assembly.skipped,
    droppedFiles: dropped,
  };
}

/** Open a base and write what comes out, so that it can be laid out. */
function open(work: Repo, tree: Tree): { opened: OpenedDeployment; root: TreeChecksums } {
  using txn = work.transaction();
  const opened = openDeployment(work, txn, tree);
  const root = tree.write(txn);
  txn.commit({ sync: false });
  return { opened, root };
}

/** Files of dpkg's database below `info/`, by name and checksum. */
function infoFiles(tree: Tree): Map<string, string> {
  const dir = `${DPKG_DATABASE}/info`;
  return new Map(
    (tree.isDir(dir) ? tree.list(dir) : []).flatMap(([name, entry]) =>
      entry.type === "file" ? [[name, entry.checksum] as const] : []
    ),
  );
}

function fileNames(tree: Tree, dir: string): string[] {
  return tree.isDir(dir) ? tree.list(dir).map(([name]) => name) : [];
}

/** Take away kernels of the base whose packages are gone: dpkg does not know where they were kept. */
function dropKernels(tree: Tree, boot: readonly string[], releases: readonly string[]): void {
  for (const release of releases) {
    if (tree.isDir(`usr/lib/modules/${release}/kernel`)) continue;
    for (const name of boot) {
      if (name.endsWith(`-${release}`)) tree.remove(`boot/${name}`);
    }
    tree.remove(`usr/lib/modules/${release}`);
  }
}

/** Accounts of the base, then those whose numbers nobody of the base has. */
function mergeAccounts(base: Accounts, others: Accounts | undefined): Accounts {
  if (!others) return base;
  const users = new Set(base.users.flatMap((user) => [user.name, user.uid]));
  const groups = new Set(base.groups.flatMap((group) => [group.name, group.gid]));
  return {
    users: [
      ...base.users,
      ...others.users.filter((user) => !users.has(user.name) && !users.has(user.uid)),
    ],
    groups: [
      ...base.groups,
      ...others.groups.filter((group) => !groups.has(group.name) && !groups.has(group.gid)),
    ],
  };
}
