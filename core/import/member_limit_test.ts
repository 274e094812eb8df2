import { assertEquals, assertThrows } from "@std/assert";
import { ImportError } from "../error.ts";
import { parseMemberLimit } from "./member_limit.ts";

Deno.test("parseMemberLimit() takes whole numbers, and makes room for the names", () => {
  assertEquals(parseMemberLimit(""), {});
  assertEquals(parseMemberLimit("5"), { maxEntries: 5, maxNamesSize: 32 * 1024 ** 2 });
  assertEquals(parseMemberLimit("1000000"), { maxEntries: 1_000_000, maxNamesSize: 280_000_000 });
  for (const text of ["0", "-1", "1e6", "many", "10000001", " 5"]) {
    assertThrows(() => parseMemberLimit(text), ImportError);
  }
});
