import { assertEquals, assertThrows } from "@std/assert";
import { allowsVersion, parseDependencies } from "./dependency.ts";
import { FormatError } from "./error.ts";

Deno.test("parseDependencies() reads the whole grammar", () => {
  assertEquals(
    parseDependencies("a, b (>= 1:2-3) | c:any, d (= 1) [amd64 !i386] <!nocheck>, e(<<2)"),
    [
      [{ name: "a" }],
      [{ name: "b", relation: ">=", version: "1:2-3" }, { name: "c", architecture: "any" }],
      [{
        name: "d",
        relation: "=",
        version: "1",
        architectures: ["amd64", "!i386"],
        profiles: [["!nocheck"]],
      }],
      [{ name: "e", relation: "<<", version: "2" }],
    ],
  );
  assertEquals(parseDependencies(" "), []);
  assertEquals(parseDependencies("a (< 1)"), [[{ name: "a", relation: "<=", version: "1" }]]);
});

Deno.test("parseDependencies() refuses what is none", () => {
  for (const text of ["a (1)", "a |", "(>= 1)", "a b"]) {
    assertThrows(() => parseDependencies(text), FormatError, "Cannot read dependency");
  }
});

const RELATIONS = [["<<", false], ["<=", true], ["=", true], [">=", true], [">>", false]] as const;

Deno.test.each(RELATIONS)("allowsVersion() %s takes the same version: %s", (relation, expected) => {
  assertEquals(allowsVersion({ name: "a", relation, version: "1.0" }, "1.0"), expected);
});
