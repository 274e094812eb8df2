import type { VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";

/** Names of variables that apt-ostree itself sets. */
export const RESERVED_VARIABLES: readonly string[] = ["arch", "basearch", "codename", "releasever"];

/**
 * Put variables into text: `${name}`, or `${name:-default}` where there may be none.
 *
 * @param place Where the text stands, for messages.
 * @throws {TreefileError} `treefile/unknown-variable`; `treefile/bad-value` for another `${`.
 */
export function substitute(
  text: string,
  variables: ReadonlyMap<string, VariableValue>,
  place: string,
): string {
  return text.replace(
    /\$\{(?:([A-Za-z_][A-Za-z0-9_-]*?)(?::-([^}]*))?\})?/g,
    (found, name?: string, fallback?: string) => {
      if (name === undefined || fallback?.includes("${")) {
        throw new TreefileError(
          "treefile/bad-value",
          `Cannot read treefile ${place}: "${
            name === undefined ? text : found
          }" has a "\${" that no variable follows`,
          { subject: text, hint: "Write ${NAME}, or ${NAME:-text} with a text that has no ${" },
        );
      }
      const value = variables.get(name) ?? fallback;
      if (value !== undefined) return String(value);
      throw new TreefileError(
        "treefile/unknown-variable",
        `Cannot read treefile ${place}: there is no variable "${name}"`,
        {
          subject: name,
          hint: `Set it under variables:, or use one of ${[...variables.keys()].join(", ")}`,
        },
      );
    },
  );
}
