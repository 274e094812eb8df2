import { assertEquals, assertThrows } from "@std/assert";
import { evaluateCondition, type VariableValue } from "./conditions.ts";
import { TreefileError } from "./error.ts";

const VARIABLES = new Map<string, VariableValue>([
  ["basearch", "x86_64"],
  ["releasever", 12],
  ["desktop", true],
  ["name", "a b"],
]);

const CONDITIONS: [condition: string, holds: boolean][] = [
  ["basearch == x86_64", true],
  ['basearch == "x86_64"', true],
  ["basearch != 's390x'", true],
  ["basearch=='arm'", false],
  ["releasever >= 12", true],
  ["releasever < 12", false],
  ["releasever > 11.5", true],
  ["releasever <= 9", false],
  ["desktop == true", true],
  ["desktop != true", false],
  ["name == a b", true],
  ["basearch < y", true],
];

Deno.test.each(CONDITIONS)("evaluateCondition() of %s is %j", (condition, holds) => {
  assertEquals(evaluateCondition(condition, VARIABLES, "t.yaml:1:1"), holds);
});

const WRONG: [condition: string, code: string, message: string][] = [
  ["basearch", "treefile/bad-condition", "VARIABLE OPERATOR VALUE"],
  ["basearch = x", "treefile/bad-condition", "VARIABLE OPERATOR VALUE"],
  ["releasever == bookworm", "treefile/bad-condition", "compares number 12 with string"],
  ["desktop > false", "treefile/bad-condition", "no order"],
  ["nope == 1", "treefile/unknown-variable", '"nope"'],
];

Deno.test.each(WRONG)("evaluateCondition() refuses %s with %s", (condition, code, message) => {
  const error = assertThrows(
    () => evaluateCondition(condition, VARIABLES, "t.yaml:4:7"),
    TreefileError,
  );
  assertEquals([error.code, error.message.includes(message)], [code, true], error.message);
  assertEquals(error.message.includes("t.yaml:4:7"), true);
});
