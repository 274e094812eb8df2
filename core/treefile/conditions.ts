import { TreefileError } from "./error.ts";

/** A value that treefile variables may have. */
export type VariableValue = string | number | boolean;

const OPERATORS = ["==", "!=", "<=", ">=", "<", ">"] as const;

/**
 * Whether a condition of `conditional-include` holds.
 *
 * @param condition `VARIABLE OPERATOR VALUE`; operators are `== != < <= > >=`, values `true`, `false`,
 * numbers, or text with or without quotes.
 * @param place File and line, for messages.
 * @throws {TreefileError} `treefile/bad-condition` if it is no condition, or compares a number with
 * text; `treefile/unknown-variable`.
 */
export function evaluateCondition(
  condition: string,
  variables: ReadonlyMap<string, VariableValue>,
  place: string,
): boolean {
  const found = /^\s*([A-Za-z_][A-Za-z0-9_-]*)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/.exec(condition);
  if (!found) {
    throw bad(
      condition,
      place,
      "it is not VARIABLE OPERATOR VALUE",
      `Operators: ${OPERATORS.join(" ")}`,
    );
  }
  const [, name, operator, text] = found as unknown as [
    string,
    string,
    typeof OPERATORS[number],
    string,
  ];
  const left = variables.get(name);
  if (left === undefined) {
    throw new TreefileError(
      "treefile/unknown-variable",
      `Cannot read treefile ${place}: there is no variable "${name}" in condition "${condition}"`,
      {
        subject: name,
        hint: `Set it under variables:, or use one of ${[...variables.keys()].join(", ")}`,
      },
    );
  }
  const right = parseValue(text);
  if (typeof left !== typeof right) {
    const why = `it compares ${typeof left} ${JSON.stringify(left)} with ${typeof right} ${
      JSON.stringify(right)
    }`;
    throw bad(condition, place, why, "Compare values of one kind; put text in quotes");
  }
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
  }
  if (typeof left === "boolean") {
    throw bad(condition, place, "true and false have no order", "Use == or !=");
  }
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** Quotes make text; so does a word that is neither a number nor true or false. */
function parseValue(text: string): VariableValue {
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? "";
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function bad(condition: string, place: string, what: string, hint: string): TreefileError {
  return new TreefileError(
    "treefile/bad-condition",
    `Cannot read treefile ${place}: condition "${condition}": ${what}`,
    { subject: condition, hint },
  );
}
