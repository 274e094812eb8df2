import { resolve } from "@std/path";
import type { Repo, Tree } from "@apt-ostree/ostree";
import { requireRoot } from "@apt-ostree/sandbox";
import type { Assembly } from "../assemble/assemble_system.ts";
import { encodeScripts } from "../audit/encode_scripts.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import { formatTreefile } from "../treefile/treefile.ts";
import { runClosingStage } from "./closing_stage.ts";
import { findParent, findVersion, openTarget } from "./commit_finished.ts";
import { ComposeArea } from "./compose_area.ts";
import type { InstallOptions } from "./install_options.ts";
import { emptyMountPoints } from "./mount_points.ts";
import { requireOutputs } from "./output_file.ts";
import { pickDefined } from "./pick_defined.ts";
import { writeRootfsFacts } from "./rootfs/rootfs_facts.ts";
import { Scratch } from "./rootfs/scratch.ts";
import { refuseExisting, writeRootfs } from "./rootfs/write_rootfs.ts";
import { touchFile } from "./touch_file.ts";
import { type InstallEnd, type KnownCompose, TreeInstall } from "./tree_install.ts";

/** What {@linkcode installTree} is asked for. */
export interface InstallTreeOptions extends InstallOptions {
  /** Directory that gets the root file system as `rootfs`; made where it is missing. */
  readonly destdir: string;
  /** Whether the root file system gets the form that libostree deploys. @default {false} */
  readonly postprocess?: boolean;
}

/** A root file system that was written. */
export interface InstalledTree {
  /** Tells it from other results. */
  readonly kind: "installed";
  /** Its directory. */
  readonly rootfs: string;
  /** Version that its commit will have. */
  readonly version: string | undefined;
  /** Digest over all that went into it. */
  readonly inputHash: string;
  /** Packages of the tree. */
  readonly packages: number;
  /** Packages that had not been imported before. */
  readonly imported: number;
  /** Files below /var that were not kept: programs make them again. */
  readonly droppedFiles: readonly string[];
}

/** What {@linkcode installTree} came to. */
export type InstallTreeResult =
  | { readonly kind: "printed"; readonly text: string }
  | InstallEnd
  | ({ readonly kind: "unchanged" } & KnownCompose)
  | InstalledTree;

/**
 * Make a root file system from a treefile, as files that can be looked at and edited, before
 * {@linkcode postprocessRootfs} and {@linkcode commitRootfs}.
 *
 * Without a repository there is no earlier commit: accounts get new numbers and versions begin anew.
 * Without a cache everything is downloaded and imported for this one call.
 *
 * @throws {TreefileError} {@linkcode AptError} {@linkcode ScriptError} {@linkcode ConflictError}
 * {@linkcode ComposeError} {@linkcode RepoError} {@linkcode SandboxError}
 */
export async function installTree(options: InstallTreeOptions): Promise<InstallTreeResult> {
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  if (options.printOnly) {
    return { kind: "printed", text: formatTreefile(read.treefile, basearch, read.directory) };
  }
  requireOutputs(options.writeLockfileTo, options.touchIfChanged);
  requireRoot();
  const destdir = resolve(options.destdir);
  const rootfs = `${destdir}/rootfs`;
  refuseExisting(rootfs);
  using scratch = Scratch.beside(destdir);
  const target = options.repo === undefined ? undefined : openTarget(options.repo);
  using area = await openInstallArea(options, target, scratch);
  const install = await TreeInstall.resolve({ options, read, basearch, area, target });
  const end = await install.end();
  if (end) return end;
  // Whoever asks for a root file system gets it, unless an earlier compose was named to compare with.
  const compares = options.previousCommit !== undefined || options.previousInputhash !== undefined;
  const known = compares && !options.forceNocache ? install.known() : undefined;
  if (known) return { kind: "unchanged", ...known };
  const ready = await install.import();
  if ("kind" in ready) return ready;
  const made = await makeTree(install, ready.packages, { options, read, area, target });
  const { assembly, version } = made;
  await writeRootfs(area.work, made.root, rootfs, {
    scratch,
    replace: false,
    ...pickDefined(options, "signal", "progress"),
  });
  writeRootfsFacts(rootfs, {
    version: 1,
    tree: made.root,
    treefile: read.digest,
    timestamp: install.timestamp,
    commitVersion: version ?? null,
    packages: ready.packages.map(({ id, sha256 }) => ({ ...id, sha256 })),
    repositories: install.repositories.map(({ id, date }) => ({ id, date })),
    layers: install.layers,
    scripts: encodeScripts(assembly.scripts).toBase64(),
  });
  area.sync();
  if (options.touchIfChanged !== undefined) touchFile(options.touchIfChanged);
  return {
    kind: "installed",
    rootfs,
    version,
    inputHash: install.inputHash,
    packages: ready.packages.length,
    imported: ready.imported,
    droppedFiles: made.dropped,
  };
}

/** Open the area of a compose without a commit; without repository and cache it is temporary. */
export async function openInstallArea(
  options: Pick<InstallOptions, "cachedir" | "noWait" | "progress" | "signal">,
  target: Repo | undefined,
  scratch: Scratch,
): Promise<ComposeArea> {
  const cachedir = options.cachedir ?? (target ? undefined : scratch.join("cache"));
  return await ComposeArea.open({
    ...(target ? { target } : {}),
    ...(cachedir === undefined ? {} : { cachedir }),
    ...pickDefined(options, "noWait", "progress", "signal"),
  });
}

/** What {@linkcode makeTree} works with. */
export interface MakeTreeOptions {
  readonly options: InstallOptions & { readonly postprocess?: boolean };
  readonly read: ReadTreefile;
  readonly area: ComposeArea;
  readonly target: Repo | undefined;
}

/** Carry the first stage out, and the closing one where it is asked for. */
export async function makeTree(
  install: TreeInstall,
  packages: Parameters<TreeInstall["assemble"]>[0],
  { options, read, area, target }: MakeTreeOptions,
): Promise<{
  readonly assembly: Assembly;
  readonly version: string | undefined;
  readonly tree: Tree;
  readonly root: ReturnType<Tree["write"]>;
  readonly dropped: readonly string[];
}> {
  const { treefile, finalizers } = read;
  const { timestamp } = install;
  const parent = target && findParent(target, treefile, {});
  const version = findVersion(target, treefile, parent, timestamp, options.previousVersion);
  const assembly = await install.assemble(packages, { parent, version });
  if (options.postprocess) {
    const { root, tree, dropped } = await runClosingStage({
      assembly,
      repo: area.work,
      fields: treefile,
      finalizers,
      sourceDateEpoch: timestamp,
      directory: area.directory.path,
      freshInitramfs: options.forceNocache ?? false,
      ...pickDefined(options, "runner", "signal", "progress"),
    });
    return { assembly, version, tree, root, dropped };
  }
  const { tree } = assembly;
  tree.mkdir("etc");
  emptyMountPoints(tree);
  return { assembly, version, tree, root: assembly.write((txn) => tree.write(txn)), dropped: [] };
}
