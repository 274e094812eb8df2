import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatStanza, getField, parseDeb822, parseStanza } from "./deb822.ts";
import { FormatError } from "./error.ts";

const TEXT = `# a comment
Package: a
Description: short
 long
 .
 more
Conffiles:
 /etc/a 0

Package: b
`;

Deno.test("parseDeb822() reads paragraphs, comments and continuation lines", () => {
  const [a, b] = parseDeb822(TEXT, "f");
  assertEquals(a?.get("Description"), "short\n long\n .\n more");
  assertEquals(a?.get("Conffiles"), "\n /etc/a 0");
  assertEquals(getField(a!, "package"), "a");
  assertEquals([...b!], [["Package", "b"]]);
});

Deno.test("parseDeb822() keeps blanks before a continuation line, as dpkg does, and no others", () => {
  const [a] = parseDeb822("Package: a \nDescription: short \n long\nConffiles: \n /etc/a 0\n", "f");
  assertEquals([...a!.values()], ["a", "short \n long", "\n /etc/a 0"]);
});

Deno.test("formatStanza() gives the text back", () => {
  const [a] = parseDeb822(TEXT, "f");
  assertEquals(formatStanza(a!), TEXT.split("\n").slice(1, 8).join("\n"));
  assertEquals(parseStanza(formatStanza(a!), "f"), a);
});

const WRONG = [
  ["Package a\n", 'f" at 1:1'],
  ["A: 1\nA: 2\n", 'f" at 2:1'],
  [" lost\n", 'f" at 1:1'],
  ["A: 1\n: x\n", 'f" at 2:1'],
] as const;

Deno.test.each(WRONG)("parseDeb822() refuses %j and says where", (text, place) => {
  assertThrows(() => parseDeb822(text, "f"), FormatError, place);
});

Deno.test("parseDeb822() of noise gives a value or a FormatError", () => {
  const noise = fc.string({ unit: fc.constantFrom("A", ":", " ", "\n", "\t", "#", "-", "é") });
  fc.assert(
    fc.property(noise, (text) => {
      try {
        for (const stanza of parseDeb822(text, "f")) parseStanza(formatStanza(stanza), "f");
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});
