import { assertEquals } from "@std/assert";
import { fieldTable, schemaText } from "../../tools/extensions_docs.ts";

const read = (name: string) =>
  Deno.readTextFileSync(new URL(`../../docs/${name}`, import.meta.url));

Deno.test("docs/extensions.md has the table of fields that the parser has", () => {
  // The formatter fills cells with spaces.
  const cells = (text: string) =>
    text.split("\n").filter((line) => /^\| `[a-z-]+` /.test(line)).map((line) =>
      line.replace(/ +/g, " ")
    );
  assertEquals(cells(read("extensions.md")), cells(fieldTable()));
});

Deno.test("docs/extensions.schema.json is the schema that the parser has", () => {
  assertEquals(JSON.parse(read("extensions.schema.json")), JSON.parse(schemaText()));
});
