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
  /** Exact versions: nothing else of these names is considered. */
  readonly locked?: ReadonlyMap<string, string>;
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
  /** Source that has it: name of the sources file and suite, for example `debian.sources/bookworm`. */
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
  /** The package's stanza of the index. */
  readonly fields: Stanza;
}

/** What apt would do. */
export interface Plan {
  /** In the order in which apt would unpack them. */
  readonly packages: readonly PlannedPackage[];
}

/** A plan as JSON text, to be kept. */
export function formatPlan(plan: Plan): string {
  return JSON.stringify(plan.packages.map((each) => ({ ...each, fields: [...each.fields] })));
}

/** A plan from {@linkcode formatPlan}. */
export function parsePlan(text: string): Plan {
  const packages = JSON.parse(
    text,
  ) as (Omit<PlannedPackage, "fields"> & { fields: [string, string][] })[];
  return { packages: packages.map((each) => ({ ...each, fields: new Map(each.fields) })) };
}
