import { assertEquals, assertThrows } from "@std/assert";
import { TreefileError } from "./error.ts";
import { nextVersion } from "./next_version.ts";

const NOW = new Date("2026-11-23T10:00:00Z");
const none = undefined;

const COUNTED: [prefix: string, suffix: string, previous: string | undefined, next: string][] = [
  ...[none, "xyz", "9", "11", "10001", "101.1", "10x.1"].map((p) =>
    ["10", ".", p, "10"] as [string, string, string | undefined, string]
  ),
  ["10", ".", "10", "10.1"],
  ["10", ".", "10.0", "10.1"],
  ["10", ".", "10.1", "10.2"],
  ["10", ".", "10.2", "10.3"],
  ["10", ".", "10.1.5", "10.2"],
  ["10.1", ".", "10.1", "10.1.1"],
  ["10.1", ".", "10.1.5", "10.1.6"],
  ["10.1", ".", "10.1.1.5", "10.1.2"],
  ["10.1", ".", "10", "10.1"],
  ["10.1", ".", "10.", "10.1"],
  ["10.1", ".", "10.2", "10.1"],
  ["10.1", ".", "10.12", "10.1"],
  ["10.1", ".", "10.1x", "10.1"],
  ["10.1", ".", "10.1.x", "10.1.1"],
  ["10.1", ".", "10.1.2x", "10.1.3"],
  ["10", "-", "10", "10-1"],
  ["10", "-", "10-1", "10-2"],
  ["d<date:%Y%m%d>", ".", none, "d20261123.0"],
  ["d<date:%Y%m%d>", ".", "d20261122.4", "d20261123.0"],
  ["d<date:%Y%m%d>", ".", "d20261123", "d20261123.0"],
  ["d<date:%Y%m%d>", ".", "d20261123.1", "d20261123.2"],
  ["d<date:%Y%m%d>", ".", "d20261123.x", "d20261123.1"],
  ["<date:>x", ".", none, "x.0"],
  ["<date: >x", ".", none, " x.0"],
  ["<wrongtag: >", ".", none, "<wrongtag: >"],
];

Deno.test.each(COUNTED)(
  "nextVersion() of %s, %s after %s is %s",
  (prefix, suffix, previous, next) => {
    assertEquals(nextVersion(prefix, suffix, previous, NOW), next);
  },
);

Deno.test("nextVersion() refuses what is no part of a date", () => {
  assertThrows(() => nextVersion("<date:%E>", ".", none, NOW), TreefileError, '"%E" is no part');
});
