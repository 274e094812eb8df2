import { assertEquals } from "@std/assert";
import { fieldTable } from "../../tools/treefile_docs.ts";

Deno.test("docs/treefile.md has the table of fields that the parser has", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/treefile.md", import.meta.url));
  const table = text.split("\n").filter((line) => line.startsWith("| `"));
  assertEquals(table, fieldTable().trimEnd().split("\n"));
});
