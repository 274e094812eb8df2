import { assertEquals } from "@std/assert";
import { fieldTable } from "../../tools/treefile_docs.ts";

Deno.test("docs/treefile.md has the table of fields that the parser has", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/treefile.md", import.meta.url));
  // The formatter fills cells with spaces.
  const cells = (lines: string) =>
    lines.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
      line.replace(/ +/g, " ")
    );
  assertEquals(cells(text), cells(fieldTable()));
});
