import { nearestNames, parseDependencies } from "@apt-ostree/apt";
import type { InstalledPackage } from "../assemble/installed_package.ts";
import { field } from "../assemble/status_file.ts";

/** The packages of a base, found by name. */
export class BasePackages {
  readonly #byName: ReadonlyMap<string, readonly InstalledPackage[]>;

  /** @param installed As dpkg's database has them. */
  constructor(installed: readonly InstalledPackage[]) {
    const whole = installed.filter((each) => each.state === "installed");
    this.#byName = Map.groupBy(whole, (each) => each.id.name);
  }

  /** Names of all packages that are installed. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** An installed package; `name:arch` finds that of an architecture. */
  find(name: string): InstalledPackage | undefined {
    const [bare = "", architecture] = name.split(":");
    return this.#byName.get(bare)?.find((each) =>
      architecture === undefined || each.id.architecture === architecture
    );
  }

  /** The installed package that apt speaks of. */
  require(name: string, version: string): InstalledPackage {
    const [bare = ""] = name.split(":");
    const found = this.#byName.get(bare)?.find(({ id }) => id.version === version) ??
      this.find(name);
    if (!found) throw new TypeError(`apt speaks of "${name}", which is not installed`);
    return found;
  }

  /** Whether the administrator of the base wants a package to stay as it is. */
  isHeld(name: string): boolean {
    return this.find(name)?.held ?? false;
  }

  /** Why a package must not go; `undefined` where it may. */
  protection({ stanza }: InstalledPackage): "essential" | "protected" | undefined {
    if (field(stanza, "Essential") === "yes") return "essential";
    return field(stanza, "Protected") === "yes" ? "protected" : undefined;
  }

  /** A package that provides a virtual one. */
  provider(name: string): InstalledPackage | undefined {
    for (const each of [...this.#byName.values()].flat()) {
      const provides = parseDependencies(each.control.get("Provides") ?? "");
      if (provides.some((group) => group[0]?.name === name)) return each;
    }
    return undefined;
  }

  /** Installed packages whose names are near to one. */
  near(name: string): string[] {
    return nearestNames(name, new Set(this.#byName.keys()));
  }
}
