import { formatStanza } from "@apt-ostree/apt";
import type { Repo, Tree } from "@apt-ostree/ostree";
import {
  type MaintainerScript,
  runMaintainerScript,
  type Sandbox,
  ScriptError,
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
  /** The new version's script that may do the work where this one, the old one's, fails. */
  readonly fallback?: UnpackScript;
}

/** Where dpkg has the control files of a package that it is about to unpack. */
export const CONTROL_PLACE = `${DPKG_DATABASE}/tmp.ci`;
const SCRIPT_MEMBERS: ReadonlySet<string> = new Set([
  ...["config", "postinst", "postrm", "preinst", "prerm"],
]);

/** What scripts are chosen by. */
export interface UnpackContext {
  readonly tree: Tree;
  /** Packages as they stand. */
  readonly installed: readonly InstalledPackage[];
  /** What is laid out, in the order in which the scripts shall run. */
  readonly wave: readonly PackageCommit[];
  /** Installed packages whose place they take. */
  readonly replaced: ReadonlyMap<PackageCommit, InstalledPackage>;
}

/**
 * Scripts that run before packages are laid out, in order: each old prerm, then the new preinst.
 *
 * @see Debian Policy 6.6
 */
export function scriptsBefore(context: UnpackContext): UnpackScript[] {
  return context.wave.flatMap((pkg) => {
    const old = context.replaced.get(pkg);
    const scripts = old ? oldScript(context, old, "prerm", pkg) : [];
    if (!pkg.scripts.includes("preinst")) return scripts;
    const verb = old && isConfigured(old) ? "upgrade" : "install";
    const before = old?.control.get("Config-Version") ?? old?.id.version;
    const args = before === undefined ? [verb] : [verb, before, pkg.id.version];
    const path = "/var/lib/dpkg/tmp.ci/preinst";
    const facts = factsFor(context, pkg);
    return [...scripts, { ...facts, script: "preinst" as const, args, path, pkg }];
  });
}

/** Scripts of replaced packages that run when the new files lie beside the old ones. */
export function scriptsAfter(context: UnpackContext): UnpackScript[] {
  return [...context.replaced].flatMap(([pkg, old]) => oldScript(context, old, "postrm", pkg));
}

/**
 * Scripts of packages of which others have replaced everything.
 *
 * @see Debian Policy 6.6, on packages that disappear
 */
export function scriptsOfDisappeared(
  context: UnpackContext,
  laidOut: readonly {
    readonly merged: { readonly pkg: PackageCommit };
    readonly disappeared: readonly FileOwner[];
  }[],
): UnpackScript[] {
  return laidOut.flatMap(({ merged, disappeared }) =>
    disappeared.flatMap((gone) => {
      const name = `${gone.databaseName}.postrm`;
      // One that has only just been laid out is not recorded yet, and has nothing to undo.
      if (!context.tree.lookup(`${DPKG_DATABASE}/info/${name}`)) return [];
      const args = ["disappear", merged.pkg.id.name, merged.pkg.id.version];
      const path = `/var/lib/dpkg/info/${name}`;
      return [{ ...factsFor(context, gone), script: "postrm" as const, args, path }];
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
  const run = async (script: UnpackScript) => {
    const { pkg } = script;
    const place = `${directory}-${pkg?.databaseName}.${script.script}`;
    const shadow = pkg && { shadow: layControlFiles(repo, pkg, place, sandbox.lower) };
    await runMaintainerScript(sandbox, script, script.path, { ...options, ...shadow });
  };
  for (const script of scripts) {
    try {
      await run(script);
    } catch (error) {
      const failed = error instanceof ScriptError && error.code === "script/failed";
      if (!failed || !script.fallback) throw error;
      await run(script.fallback);
    }
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
  context: UnpackContext,
  old: InstalledPackage,
  script: "prerm" | "postrm",
  next: PackageCommit,
): UnpackScript[] {
  const name = `${old.databaseName}.${script}`;
  if (!isConfigured(old) || !context.tree.lookup(`${DPKG_DATABASE}/info/${name}`)) return [];
  const args = ["upgrade", next.id.version];
  const path = `/var/lib/dpkg/info/${name}`;
  const fallback = next.scripts.includes(script) && {
    ...factsFor(context, next),
    ...{ script, path: `/var/lib/dpkg/tmp.ci/${script}`, pkg: next },
    args: ["failed-upgrade", old.id.version, next.id.version],
  };
  return [{ ...factsFor(context, old), script, args, path, ...fallback ? { fallback } : {} }];
}

/** Whether more than configuration is there of a package. */
function isConfigured(pkg: InstalledPackage): boolean {
  return pkg.state !== "config-files" && pkg.state !== "not-installed";
}

/** What dpkg tells a script of its package, and of itself. */
function factsFor({ installed, wave }: UnpackContext, pkg: Pick<InstalledPackage, "id">) {
  const { name, version, architecture } = pkg.id;
  const before = wave.slice(0, Math.max(0, wave.findIndex((each) => each.id === pkg.id)));
  const beside = [...installed.filter(isConfigured), ...before].filter(({ id }) =>
    id.name === name && id.architecture !== architecture
  );
  const dpkg = [...installed, ...wave].find(({ id }) => id.name === "dpkg")?.id.version;
  const dpkgVersion = /^(?:\d+:)?([\d.]*\d)/.exec(dpkg ?? "")?.[1];
  return {
    package: name,
    version,
    architecture,
    instances: new Set(beside.map(({ id }) => id.architecture)).size + 1,
    ...dpkgVersion === undefined ? {} : { dpkgVersion },
  };
}
