import type { Stanza } from "./deb822.ts";

/** What a plan is asked for. */
export interface PlanRequest {
  /** Names as apt takes them: `name`, `name=version`, `name/suite`, `name:arch`, virtual, pattern. */
  readonly install: readonly string[];
  /** Packages that must not be installed, not even as dependencies. */
  readonly exclude?: readonly string[];
  /** Whether Recommends are installed. @default {true} */
  readonly recommends?: boolean;
  /** Whether all packages marked Essential are wanted, as every system needs them. @default {true} */
  readonly essential?: boolean;
  /** Whether all installed packages become as new as the sources have them. @default {false} */
  readonly upgradeAll?: boolean;
  /** Installed packages that are removed. */
  readonly remove?: readonly string[];
  /** Installed packages that stay at their version. */
  readonly hold?: readonly string[];
  /** Suite or codename that versions are taken from first, as `apt-get -t` takes it. */
  readonly targetRelease?: string;
  /** .debs of this machine that are installed, absolute paths; naming them is what vouches for them. */
  readonly localDebs?: readonly string[];
  /** Exact versions: nothing else of these names is considered. */
  readonly locked?: ReadonlyMap<string, string>;
  /** Versions that must not be installed, by package. */
  readonly forbidden?: readonly (readonly [name: string, version: string])[];
  /** Whether packages that are not locked must not be installed. @default {false} */
  readonly lockedOnly?: boolean;
}

/** Why a package is in a plan. */
export type PlanReason = "requested" | "essential" | "dependency";

/** One package of a plan. */
export interface PlannedPackage {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its dpkg architecture. */
  readonly architecture: string;
  /** Version that is installed now, and goes. */
  readonly replaces?: string;
  /**
   * Source that has it: name of the sources file and suite, for example `debian.sources/bookworm`;
   * `local` for a .deb that was given as a file.
   */
  readonly source: string;
  /** Where it is fetched from. */
  readonly uri: string;
  /** Bytes to download. */
  readonly size: number;
  /** 64 hexadecimal digits, vouched for by the source's signed Release file. */
  readonly sha256: string;
  /** Kibibytes when installed, as the package itself estimates. */
  readonly installedSize: number;
  /** Why it is here. */
  readonly reason: PlanReason;
  /** Package of the plan that asked for it, where it is a dependency of one. */
  readonly askedBy?: string;
  /** The package's stanza of the index. */
  readonly fields: Stanza;
}

/** What apt would do. */
export interface Plan {
  /** In the order in which apt would unpack them. */
  readonly packages: readonly PlannedPackage[];
  /** Installed packages that go without a newer version. */
  readonly removals: readonly Removal[];
}

/** An installed package that goes. */
export interface Removal {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
}

/** A plan as JSON text, to be kept. */
export function formatPlan(plan: Plan): string {
  const packages = plan.packages.map((each) => ({ ...each, fields: [...each.fields] }));
  return JSON.stringify({ packages, removals: plan.removals });
}

/** A plan from {@linkcode formatPlan}. */
export function parsePlan(text: string): Plan {
  const { packages, removals } = JSON.parse(text) as {
    packages: (Omit<PlannedPackage, "fields"> & { fields: [string, string][] })[];
    removals: Removal[];
  };
  return {
    packages: packages.map((each) => ({ ...each, fields: new Map(each.fields) })),
    removals,
  };
}
