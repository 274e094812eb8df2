/** How the packages of a base shall change. Packages of the base that nobody names stay as they are. */
export interface LayerChange {
  /**
   * Packages that the base does not have, as apt takes them: `name`, `name=version`, `name/suite`,
   * `name:arch`, a virtual name.
   */
  readonly install?: readonly string[];
  /** .debs of this machine that the base does not have; absolute paths. */
  readonly localDebs?: readonly string[];
  /** Packages of the base that go. */
  readonly remove?: readonly string[];
  /** Packages of the base that become as new as the sources have them, or `all`. */
  readonly upgrade?: "all" | readonly string[];
  /** Packages of the base that get another version, older ones too: `name=version`, `name/suite`. */
  readonly replace?: readonly string[];
  /** .debs of this machine that take the place of packages of the base; absolute paths. */
  readonly replaceDebs?: readonly string[];
  /** Packages that must not come in, not even as a dependency. */
  readonly exclude?: readonly string[];
  /** Whether recommended packages come too. @default {true} */
  readonly recommends?: boolean;
  /** Whether it is no error to ask for what the base has, or to remove what it lacks. @default {false} */
  readonly allowInactive?: boolean;
  /** Whether essential and protected packages may go. @default {false} */
  readonly allowEssential?: boolean;
  /** Whether the configuration of packages that go goes too. @default {false} */
  readonly purge?: boolean;
}

/** Name of the package that a request of apt's is about. */
export function requestName(request: string): string {
  return request.replace(/[=/:].*/, "");
}
