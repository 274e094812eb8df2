import { formatStanza } from "@apt-ostree/apt";
import type { Repo, Tree } from "@apt-ostree/ostree";
import {
  type MaintainerScript,
  runMaintainerScript,
  type Sandbox,
  type ScriptRunOptions,
  ShadowLayer,
} from "@apt-ostree/sandbox";
import type { PackageCommit } from "../import/package_commit.ts";
import type { FileOwner } from "./file_owners.ts";
import type { InstalledPackage } from "./installed_package.ts";
import { DPKG_DATABASE } from "./root_layout.ts";

/** A script that dpkg would run while it unpacks a package. */
export interface UnpackScript extends MaintainerScript {
  /** Where it lies inside. */
  readonly path: string;
  /** The package whose control files have to lie in {@linkcode CONTROL_PLACE} meanwhile. */
  readonly pkg?: PackageCommit;
}

/** Where dpkg has the control files of a package that it is about to unpack. */
export const CONTROL_PLACE = `${DPKG_DATABASE}/tmp.ci`;
const SCRIPT_MEMBERS: ReadonlySet<string> = new Set([
  ...["config", "postinst", "postrm", "preinst", "prerm"],
]);

/**
 * Scripts that run before packages are laid out, in order: each old prerm, then the new preinst.
 *
 * @param wave In the order in which the scripts shall run.
 * @param replaced Installed packages whose place they take.
 * @see Debian Policy 6.6
 */
export function scriptsBefore(
  tree: Tree,
  wave: readonly PackageCommit[],
  replaced: ReadonlyMap<PackageCommit, InstalledPackage>,
): UnpackScript[] {
  return wave.flatMap((pkg) => {
    const old = replaced.get(pkg);
    const scripts = old ? oldScript(tree, old, "prerm", pkg) : [];
    if (!pkg.scripts.includes("preinst")) return scripts;
    const verb = old && isConfigured(old) ? "upgrade" : "install";
    const before = old?.control.get("Config-Version") ?? old?.id.version;
    const args = before === undefined ? [verb] : [verb, before, pkg.id.version];
    const path = "/var/lib/dpkg/tmp.ci/preinst";
    return [...scripts, { ...titleOf(pkg), script: "preinst" as const, args, path, pkg }];
  });
}

/** Scripts of replaced packages that run when the new files lie beside the old ones. */
export function scriptsAfter(
  tree: Tree,
  replaced: ReadonlyMap<PackageCommit, InstalledPackage>,
): UnpackScript[] {
  return [...replaced].flatMap(([pkg, old]) => oldScript(tree, old, "postrm", pkg));
}

/**
 * Scripts of packages of which others have replaced everything.
 *
 * @see Debian Policy 6.6, on packages that disappear
 */
export function scriptsOfDisappeared(
  tree: Tree,
  wave: readonly {
    readonly merged: { readonly pkg: PackageCommit };
    readonly disappeared: readonly FileOwner[];
  }[],
): UnpackScript[] {
  return wave.flatMap(({ merged, disappeared }) =>
    disappeared.flatMap((gone) => {
      const name = `${gone.databaseName}.postrm`;
      // One that has only just been laid out is not recorded yet, and has nothing to undo.
      if (!tree.lookup(`${DPKG_DATABASE}/info/${name}`)) return [];
      const args = ["disappear", merged.pkg.id.name, merged.pkg.id.version];
      const path = `/var/lib/dpkg/info/${name}`;
      return [{ ...titleOf(gone), script: "postrm" as const, args, path }];
    })
  );
}

/**
 * Run scripts in order.
 *
 * @param directory Beginning of the names of directories on the host; their owner removes them.
 * @throws {ScriptError} Of the first that fails.
 */
export async function runUnpackScripts(
  repo: Repo,
  sandbox: Sandbox & { readonly lower: string },
  scripts: readonly UnpackScript[],
  directory: string,
  options: ScriptRunOptions = {},
): Promise<void> {
  for (const script of scripts) {
    const { pkg } = script;
    if (!pkg) {
      await runMaintainerScript(sandbox, script, script.path, options);
      continue;
    }
    const shadow = layControlFiles(repo, pkg, `${directory}-${pkg.id.name}`, sandbox.lower);
    await runMaintainerScript(sandbox, script, script.path, { ...options, shadow });
  }
}

/**
 * Lay out what a package says beside its files, as dpkg does before a preinst runs: programs that the
 * script calls look there for the package's name and for its questions.
 *
 * @returns The directory, for a sandbox to have above the tree.
 */
function layControlFiles(
  repo: Repo,
  pkg: PackageCommit,
  directory: string,
  lower: string,
): string {
  const layer = new ShadowLayer(directory, lower);
  const put = (member: string, bytes: Uint8Array) => {
    const mode = SCRIPT_MEMBERS.has(member) ? 0o755 : 0o644;
    layer.put(`${CONTROL_PLACE}/${member}`, bytes, { mode, uid: 0, gid: 0 });
  };
  put("control", new TextEncoder().encode(`${formatStanza(pkg.control)}\n`));
  for (const [name, checksum] of pkg.info) {
    put(name.slice(pkg.databaseName.length + 1), repo.readFile(checksum));
  }
  layer.finish();
  return directory;
}

function oldScript(
  tree: Tree,
  old: InstalledPackage,
  script: "prerm" | "postrm",
  next: PackageCommit,
): UnpackScript[] {
  const name = `${old.databaseName}.${script}`;
  if (!isConfigured(old) || !tree.lookup(`${DPKG_DATABASE}/info/${name}`)) return [];
  const args = ["upgrade", next.id.version];
  return [{ ...titleOf(old), script, args, path: `/var/lib/dpkg/info/${name}` }];
}

/** Whether more than configuration is there of a package. */
function isConfigured(pkg: InstalledPackage): boolean {
  return pkg.state !== "config-files" && pkg.state !== "not-installed";
}

function titleOf({ id }: Pick<InstalledPackage, "id">) {
  return { package: id.name, version: id.version, architecture: id.architecture };
}
