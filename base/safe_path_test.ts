import { assertEquals } from "@std/assert";
import { insidePath } from "./safe_path.ts";

const CASES = [
  ["./usr/bin/", "usr/bin"],
  ["/etc//passwd", "etc/passwd"],
  ["./", ""],
  ["..", undefined],
  ["a/../b", undefined],
  ["a/..b", "a/..b"],
  ["a\0b", undefined],
  ["a\ufffd", undefined],
] as const;

Deno.test.each(CASES)("insidePath() of %j is %j", (path, inside) => {
  assertEquals(insidePath(path), inside);
});
