import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
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

Deno.test("explainError() says what went wrong first, where cleaning up failed too", () => {
  const error = new SuppressedError(new Error("second"), new AptOstreeError("a/b", "Cannot first"));
  assertEquals(explainError(error, { color: false }), "error: Cannot first\n  code: a/b");
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

const plain = (error: unknown) => explainError(error, { color: false });

Deno.test("explainError() shows code and hint of our errors, and no stack", () => {
  const error = new AptOstreeError("a/b", "Cannot do it", { hint: "Do another thing" });
  assertEquals(plain(error), "error: Cannot do it\n  code: a/b\n  hint: Do another thing");
});

const PATHS = [
  ["a directory that is not there", () => Deno.writeTextFileSync("/etc/apt-ostree-none/x", "")],
  ["a directory for a file", () => Deno.readTextFileSync("/etc")],
  ["a file for a directory", () => Deno.readDirSync("/etc/passwd").next()],
  ["a path that is taken", () => Deno.mkdirSync("/etc")],
] as const;
Deno.test.each(PATHS)("explainError() calls %s no bug", (_, work) => {
  const error = assertThrows(work, Error);
  assertEquals(plain(error).split("\n"), [
    `error: Cannot go on: ${error.message}`,
    "  hint: Check that path and its file system",
  ]);
});

Deno.test("explainError() calls anything else a bug, with its stack", () => {
  const text = plain(new TypeError("oops"));
  assertStringIncludes(text, "TypeError: oops\n    at ");
  assertStringIncludes(text, "This is a bug");
});
