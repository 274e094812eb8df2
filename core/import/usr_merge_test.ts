import { assertEquals } from "@std/assert";
import { mergedPath } from "./usr_merge.ts";

const CASES = [
  ["bin/sh", false, "usr/bin/sh"],
  ["lib", true, "usr/lib"],
  ["lib64", false, "lib64"],
  ["lib/x86_64-linux-gnu", true, "usr/lib/x86_64-linux-gnu"],
  ["library/a", false, "library/a"],
  ["usr/bin/sh", false, "usr/bin/sh"],
  ["", true, ""],
] as const;

Deno.test.each(CASES)("mergedPath() of %s (directory: %s) is %s", (path, isDirectory, merged) => {
  assertEquals(mergedPath(path, isDirectory), merged);
});
