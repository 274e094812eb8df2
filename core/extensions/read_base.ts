import { Repo } from "@apt-ostree/ostree";
import { InstalledPackage } from "../assemble/installed_package.ts";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { splitStatus } from "../assemble/status_file.ts";
import { ExtensionsError } from "../error.ts";
import { readBasePackages } from "../layer/apply_layering.ts";

/** What extensions are for: a commit, or a directory that has a root file system. */
export type ExtensionsBase =
  | {
    /** Path of its repository. */
    readonly repo: string;
    /** Ref or commit. */
    readonly rev: string;
  }
  | { readonly rootfs: string };

/** Packages of a base, as its dpkg database has them. */
export interface BaseSystem {
  /** Text of dpkg's status file. */
  readonly status: string;
  readonly installed: readonly InstalledPackage[];
}

/** Where dpkg's database may be: in a deployment, and in any other root. */
const PLACES = [DPKG_DATABASE, "var/lib/dpkg"];

/**
 * Read the packages of a base.
 *
 * @throws {LayerError} `layer/not-a-system` if a commit has no dpkg database.
 * @throws {ExtensionsError} `extensions/no-base` if a directory has none.
 */
export function readBase(base: ExtensionsBase): BaseSystem {
  if ("rootfs" in base) {
    const status = readStatus(base.rootfs);
    return { status, installed: splitStatus(status).map((each) => new InstalledPackage(each)) };
  }
  const repo = Repo.open(base.repo);
  return readBasePackages(repo, repo.readCommit(repo.requireRev(base.rev)).root);
}

function readStatus(rootfs: string): string {
  for (const place of PLACES) {
    const path = insideRoot(rootfs, `${place}/status`);
    if (path !== undefined) return Deno.readTextFileSync(path);
  }
  throw new ExtensionsError(
    "extensions/no-base",
    `Cannot use "${rootfs}" as a base: it has no dpkg database`,
    { subject: rootfs, hint: "Name the root of a Debian system" },
  );
}

/** Where a path of a root lies; `undefined` where it is missing, or leads out of the root. */
function insideRoot(rootfs: string, path: string): string | undefined {
  try {
    const root = Deno.realPathSync(rootfs).replace(/\/$/, "");
    const real = Deno.realPathSync(`${root}/${path}`);
    return real.startsWith(`${root}/`) ? real : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
