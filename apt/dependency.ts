import { compareVersions } from "./compare_versions.ts";
import { FormatError } from "./error.ts";

/** One alternative of a dependency. */
export interface Alternative {
  /** Its name. */
  readonly name: string;
  /** Architecture qualifier, for example `any`. */
  readonly architecture?: string;
  /** How its version compares. */
  readonly relation?: "<<" | "<=" | "=" | ">=" | ">>";
  /** Its version. */
  readonly version?: string;
  /** Architectures it is for, `!` before those it is not for; of source packages. */
  readonly architectures?: readonly string[];
  /** Build profiles: it counts if all of one list hold, `!` before those that must not. */
  readonly profiles?: readonly (readonly string[])[];
}

/** Any of these packages will do. */
export type Dependency = readonly Alternative[];

const ALTERNATIVE =
  /^([a-zA-Z0-9][a-zA-Z0-9+.-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?\s*(?:\[([^\]]*)\])?\s*((?:<[^<>]*>\s*)*)$/;

/**
 * Read a dependency field, `Replaces`, `Provides` and the like.
 *
 * @throws {FormatError} `format/bad-dependency` that names the part.
 * @see Debian Policy 7.1
 */
export function parseDependencies(text: string): Dependency[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "")
    .map((part) => part.split("|").map((alternative) => parseAlternative(alternative.trim())));
}

/** Whether `version` is one that the alternative allows; its name is not looked at. */
export function allowsVersion(alternative: Alternative, version: string): boolean {
  if (alternative.relation === undefined || alternative.version === undefined) return true;
  const order = compareVersions(version, alternative.version);
  switch (alternative.relation) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
  }
}

function parseAlternative(text: string): Alternative {
  const found = ALTERNATIVE.exec(text);
  if (!found) {
    throw new FormatError("format/bad-dependency", `Cannot read dependency "${text}"`, {
      subject: text,
      hint: "A dependency is: name, name:arch or name (>= version), alternatives divided by |",
    });
  }
  const [, name, architecture, sign, version, restricted, profiles = ""] = found;
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
  const lists = [...profiles.matchAll(/<([^<>]*)>/g)].map(([, list]) => words(list!));
  const relation = sign === "<" ? "<=" : sign === ">" ? ">=" : sign as Alternative["relation"];
  return {
    name: name!,
    ...(architecture === undefined ? {} : { architecture }),
    ...(relation === undefined || version === undefined ? {} : { relation, version }),
    ...(restricted === undefined ? {} : { architectures: words(restricted) }),
    ...(lists.length === 0 ? {} : { profiles: lists }),
  };
}
