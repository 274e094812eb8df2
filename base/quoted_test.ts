import { assertEquals } from "@std/assert";
import { quoted } from "./quoted.ts";

const CASES: [text: string, shown: string][] = [
  ["plain ü", '"plain ü"'],
  ["\x1b[2J\x07", '"\\u001b[2J\\u0007"'],
  ["\u009b31m\x7f", '"\\u009b31m\\u007f"'],
  ["txt.\u202eexe", '"txt.\\u202eexe"'],
  ["a\ud800", '"a\\ud800"'],
  ["x".repeat(300), `"${"x".repeat(200)}…"`],
];

Deno.test.each(CASES)("quoted() shows %j as %s", (text, shown) => {
  assertEquals(quoted(text), shown);
});
