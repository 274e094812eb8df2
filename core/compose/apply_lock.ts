import { AptError, FormatError, type Plan, type PlanRequest } from "@apt-ostree/apt";
import { type LockedPackage, parseLockfile } from "./read_lockfile.ts";

/** Lockfiles and how strictly they count. */
export interface LockOptions {
  /** Paths; what a later one says of a package replaces what an earlier one said. */
  readonly lockfiles: readonly string[];
  /** Whether packages that are not locked are refused. */
  readonly strict: boolean;
}

/** Read several lockfiles as one. @throws {FormatError} `format/bad-lockfile`. */
export function readLockfiles(paths: readonly string[]): Map<string, LockedPackage> {
  const all = new Map<string, LockedPackage>();
  for (const path of paths) {
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch (cause) {
      const missing = cause instanceof Deno.errors.NotFound ||
        cause instanceof Deno.errors.IsADirectory;
      if (!missing) throw cause;
      throw new FormatError(
        "format/bad-lockfile",
        `Cannot read lockfile "${path}": there is no such file`,
        { subject: path, hint: "Write one with --ex-write-lockfile-to", cause },
      );
    }
    for (const [name, entry] of parseLockfile(text, path)) all.set(name, entry);
  }
  return all;
}

/** The part of a request that locks versions. */
export function lockRequest(
  locked: ReadonlyMap<string, LockedPackage>,
  strict: boolean,
): Required<Pick<PlanRequest, "locked" | "lockedOnly">> {
  return {
    locked: new Map([...locked].map(([name, { version }]) => [name, version])),
    lockedOnly: strict,
  };
}

/**
 * Check that a plan is what the lock says: versions alone could come from another archive.
 *
 * @throws {AptError} `apt/locked-differently` with the package.
 */
export function checkLocked(
  plan: Plan,
  locked: ReadonlyMap<string, LockedPackage>,
  native: string,
): void {
  for (const pkg of plan.packages) {
    const foreign = pkg.architecture !== native && pkg.architecture !== "all";
    const entry = locked.get(foreign ? `${pkg.name}:${pkg.architecture}` : pkg.name);
    if (!entry) continue;
    const { version, architecture, sha256 } = entry;
    const differs = version !== pkg.version
      ? `the lock wants ${version}, the sources have ${pkg.version}`
      : architecture !== undefined && architecture !== pkg.architecture
      ? `the lock wants it for ${architecture}, the sources have it for ${pkg.architecture}`
      : sha256 !== undefined && sha256 !== pkg.sha256
      ? `the lock wants SHA-256 ${sha256}, the sources have ${pkg.sha256}`
      : undefined;
    if (differs === undefined) continue;
    throw new AptError("apt/locked-differently", `Cannot use "${pkg.name}": ${differs}`, {
      subject: pkg.name,
      hint: "Use the sources that the lock was made from, or write it anew",
    });
  }
}
