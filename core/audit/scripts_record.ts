import type { ScriptRun } from "@apt-ostree/sandbox";

/** What one run of a maintainer script did, as commits keep it. */
export interface RecordedScript extends ScriptRun {
  /** Version of the package. */
  readonly version: string;
  /** How many changes of files there were, where the list was too long to keep. */
  readonly omitted?: number;
}

/** What the maintainer scripts of a commit did. @see docs/scripts.schema.json */
export interface ScriptsRecord {
  /** Version of the form. */
  readonly version: 1;
  /** Runs, in the order they ended. */
  readonly scripts: readonly RecordedScript[];
}

/** A package in dpkg's database, as far as records need it. */
export interface PackageVersion {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

/**
 * Complete what the sandbox has seen by what dpkg's database knows of the packages.
 *
 * @param installed Packages of the system, before and after the scripts ran.
 */
export function recordScripts(
  runs: readonly ScriptRun[],
  installed: Iterable<PackageVersion>,
): RecordedScript[] {
  const byName = new Map<string, PackageVersion>();
  for (const each of installed) {
    byName.set(each.name, each).set(`${each.name}:${each.architecture}`, each);
  }
  return runs.map((run) => {
    const { package: name, architecture } = run;
    const found = byName.get(architecture === "" ? name : `${name}:${architecture}`);
    return {
      ...run,
      architecture: architecture === "" ? found?.architecture ?? "" : architecture,
      version: run.version ?? found?.version ?? "",
    };
  });
}
