import type { VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";

/** Names of variables that apt-ostree itself sets. */
export const RESERVED_VARIABLES: readonly string[] = ["arch", "basearch", "codename", "releasever"];

/**
 * Put variables into text: `${name}`, or `${name:-default}` where there may be none.
 *
 * @throws {TreefileError} `treefile/unknown-variable`.
 */
export function substitute(
  text: string,
  variables: ReadonlyMap<string, VariableValue>,
  path: string,
): string {
  return text.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_-]*?)(?::-([^}]*))?\}/g,
    (_, name: string, fallback?: string) => {
      const value = variables.get(name) ?? fallback;
      if (value !== undefined) return String(value);
      throw new TreefileError(
        "treefile/unknown-variable",
        `Cannot read treefile "${path}": there is no variable "${name}"`,
        {
          subject: name,
          hint: `Set it under variables:, or use one of ${[...variables.keys()].join(", ")}`,
        },
      );
    },
  );
}
