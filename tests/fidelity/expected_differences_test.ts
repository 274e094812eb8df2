import { assertEquals } from "@std/assert";
import type { Difference } from "./compare_trees.ts";
import { readExpectedDifferences, sortDifferences } from "./expected_differences.ts";

Deno.test("sortDifferences() takes nothing that its entry does not name", () => {
  const entries = [
    { path: "/dev/{*,pts/0}", aspects: ["missing"], reason: "r" },
    { path: "/var/lib/db/**", aspects: ["content"], reason: "r" },
    { path: "/etc/id", aspects: ["content", "mode"], lines: "[0-9a-f]+", reason: "r" },
  ] as const;
  const difference = (path: string, aspect: Difference["aspect"], lines?: string[]) => ({
    path,
    aspect,
    detail: "",
    ...(lines ? { lines } : {}),
  });
  const good = [
    difference("/dev/null", "missing"),
    difference("/dev/pts/0", "missing"),
    difference("/var/lib/db/a/b", "content"),
    difference("/etc/id", "content", ["12", "ab"]),
    difference("/etc/id", "mode"),
  ];
  const bad = [
    difference("/dev/null", "extra"),
    difference("/dev/shm/x", "missing"),
    difference("/etc/devX", "missing"),
    difference("/etc/id", "content", ["12", "not so"]),
    difference("/etc/id", "content"),
  ];
  const sorted = sortDifferences([...good, ...bad], entries);
  assertEquals(sorted.unexpected, bad);
  assertEquals([...sorted.expected.values()].flat(), good);
});

Deno.test("expected.yaml can be read, and no entry is missing its reason", () => {
  assertEquals(readExpectedDifferences().length > 0, true);
});
