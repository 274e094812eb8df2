import type { Progress, Runner } from "@apt-ostree/base";
import type { CellLimits } from "@apt-ostree/sandbox";

/** How a treefile's packages become a tree. */
export interface InstallOptions {
  /** Path of the treefile. */
  readonly treefile: string;
  /** Repository that takes the commit, or has the one before it. */
  readonly repo?: string;
  /** Root whose package sources and advisories count where the treefile names none. @default "/" */
  readonly sourceRoot?: string;
  /** Directory for downloads and imported packages. @default inside the repository */
  readonly cachedir?: string;
  /** Use no network. */
  readonly cacheOnly?: boolean;
  /** Compose even where nothing has changed. */
  readonly forceNocache?: boolean;
  /** Only print the merged treefile. */
  readonly printOnly?: boolean;
  /** Only say which packages would be in the tree. */
  readonly dryRun?: boolean;
  /** Stop once the packages are here: as files, or imported as well. */
  readonly downloadOnly?: "debs" | "imported";
  /** File whose date becomes now where something has changed, or would change. */
  readonly touchIfChanged?: string;
  /** Commit that changes are looked for against. @default the ref's last one */
  readonly previousCommit?: string;
  /** Input hash that changes are looked for against. */
  readonly previousInputhash?: string;
  /** Version that the next one is counted from. @default the parent's */
  readonly previousVersion?: string;
  /** Repository of the treefile's layers. @default the one that takes the commit */
  readonly layerRepo?: string;
  /** Fail where another compose is at work, instead of waiting. */
  readonly noWait?: boolean;
  /** Lockfiles whose versions are used. */
  readonly lockfiles?: readonly string[];
  /** Whether packages that are not locked are refused. @default {false} */
  readonly lockfileStrict?: boolean;
  /** File that gets the lock. */
  readonly writeLockfileTo?: string;
  /** Proxy for HTTP. */
  readonly proxy?: string;
  /** Seconds since 1970 for commit and scripts. @default newest date of the sources */
  readonly sourceDateEpoch?: number;
  /** What scripts may take, where it differs from the sandbox's defaults. */
  readonly cellLimits?: Partial<CellLimits>;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}
