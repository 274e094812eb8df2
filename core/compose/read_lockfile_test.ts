import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "@apt-ostree/apt";
import { parseLockfile } from "./read_lockfile.ts";

const GOOD = `{"packages": {"a": {"evra": "1:2.0-3.amd64", "digest": "sha256:${"0".repeat(64)}"},
"b:i386": {"evr": "1~rc1"}, "c": {"version": "3", "arch": "all"}},
"metadata": {"generated": "2026-01-01T00:00:00Z"}}`;

Deno.test("parseLockfile() reads all forms of an entry", () => {
  assertEquals([...parseLockfile(GOOD, "f")], [
    ["a", { version: "1:2.0-3", architecture: "amd64", sha256: "0".repeat(64) }],
    ["b:i386", { version: "1~rc1", architecture: undefined, sha256: undefined }],
    ["c", { version: "3", architecture: "all", sha256: undefined }],
  ]);
});

const WRONG = [
  ["an alias of nothing", "packages: *x", "Unresolved alias"],
  ["aliases without end", bomb(), "Excessive alias count"],
  ["another line in a version", 'packages: {a: {evr: "1\\nPin: x"}}', "which is none"],
  ["a pattern for a version", "packages: {a: {version: '1*'}}", "which is none"],
] as const;
Deno.test.each(WRONG)("parseLockfile() refuses %s", (_, text, what) => {
  assertThrows(() => parseLockfile(text, "f"), FormatError, what);
});

/** A text that its aliases make ten thousand times as long. */
function bomb(): string {
  const line = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join()}]\n`;
  return line("a", "1") + line("b", "*a") + line("c", "*b") + line("d", "*c") + line("e", "*d");
}

Deno.test("parseLockfile() gives a value or our own error, for noise and for damaged text", () => {
  const damaged = fc.tuple(fc.nat(GOOD.length), fc.nat(20), fc.string()).map(([at, cut, put]) =>
    GOOD.slice(0, at) + put + GOOD.slice(at + cut)
  );
  const yaml = fc.string({ unit: fc.constantFrom(..."*&a:{}[]\n -?!|>'\"%<") });
  const noise = fc.string({ unit: "binary", maxLength: 100 });
  fc.assert(
    fc.property(fc.oneof(damaged, yaml, noise), (text) => {
      try {
        parseLockfile(text, "f");
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: 3000, seed: 4 },
  );
});
