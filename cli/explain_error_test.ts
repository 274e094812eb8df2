import { assertEquals } from "@std/assert";
import { AptOstreeError } from "@apt-ostree/base";
import { explainError } from "./explain_error.ts";

Deno.test("explainError() knows a full disk, also of a worker", () => {
  for (
    const error of [
      new AptOstreeError("ENOSPC", "No space"),
      Object.assign(new Error(), { code: "ENOSPC" }),
    ]
  ) {
    assertEquals(explainError(error, { color: false }).split(": ")[1], "Cannot write");
  }
});

Deno.test("explainError() gives a terminal no control characters, but lines", () => {
  const error = new AptOstreeError("a/b", 'Cannot read "\x1b[2Jx":\n\tno\r\x9b1m', {
    hint: 'Remove "\x07"',
  });
  assertEquals(
    explainError(error, { color: false }),
    'error: Cannot read "?[2Jx":\n\tno??1m\n  code: a/b\n  hint: Remove "?"',
  );
});
