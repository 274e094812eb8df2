import { assertEquals } from "@std/assert";
import { addInterests, formatUnincorp, parseTriggers } from "./trigger_files.ts";

Deno.test("parseTriggers() knows the six directives and skips comments", () => {
  const text = "# a comment\ninterest /usr/share/man # why\ninterest-noawait ldconfig\n\n" +
    "activate-noawait ldconfig\nactivate-await  x\nnonsense y\n";
  assertEquals(parseTriggers(text), [
    { kind: "interest", trigger: "/usr/share/man", await: true },
    { kind: "interest", trigger: "ldconfig", await: false },
    { kind: "activate", trigger: "ldconfig", await: false },
    { kind: "activate", trigger: "x", await: true },
  ]);
});

Deno.test("addInterests() keeps what is recorded and names nobody twice", () => {
  const before = { file: ["/a one"], explicit: new Map([["ldconfig", ["libc-bin"]]]) };
  const triggers = parseTriggers("interest-noawait /a\ninterest ldconfig\ninterest new\n");
  const after = addInterests(before, [
    { databaseName: "libc-bin", triggers: parseTriggers("interest ldconfig") },
    { databaseName: "two:amd64", triggers },
  ]);
  assertEquals(after.file, ["/a one", "/a two:amd64/noawait"]);
  assertEquals([...after.explicit], [["ldconfig", ["libc-bin", "two:amd64"]], ["new", [
    "two:amd64",
  ]]]);
});

Deno.test("formatUnincorp() writes one line a trigger, `-` where nobody waits", () => {
  assertEquals(
    formatUnincorp([["ldconfig", "-"], ["x", "a"], ["x", "-"], ["ldconfig", "-"], ["x", "b"]]),
    "ldconfig -\nx a b\n",
  );
});
