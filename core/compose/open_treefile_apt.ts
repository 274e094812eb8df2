import { AptRoot, type SourcesFile } from "@apt-ostree/apt";
import type { Runner } from "@apt-ostree/base";
import { dpkgArchitecture } from "../treefile/architecture.ts";
import type { Treefile } from "../treefile/treefile.ts";
import { pickDefined } from "./pick_defined.ts";

/** What {@linkcode openTreefileApt} works with. */
export interface TreefileAptOptions {
  /** Directory of the isolated apt. */
  readonly dir: string;
  readonly treefile: Treefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  readonly sources: readonly SourcesFile[];
  /** dpkg's status file of the system that plans begin from. @default a system without packages */
  readonly status?: string;
  /** Proxy for HTTP. */
  readonly proxy?: string;
  /** Starts apt. @default {hostRunner} */
  readonly runner?: Runner;
}

/** An isolated apt with all that a treefile says about apt. @throws {AptError} */
export async function openTreefileApt(options: TreefileAptOptions): Promise<AptRoot> {
  const { dir, treefile, basearch, sources } = options;
  return await AptRoot.create({
    dir,
    architecture: dpkgArchitecture(basearch),
    sources,
    hostDates: treefile.repos === undefined,
    foreignArchitectures: treefile.foreignArchitectures,
    ...(treefile.aptPreferences === undefined
      ? {}
      : { preferences: [{ name: "apt-preferences", text: treefile.aptPreferences }] }),
    ...pickDefined(options, "status", "runner", "proxy"),
    ...pickDefined(treefile, "snapshot"),
  });
}
