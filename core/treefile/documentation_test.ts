import { assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { schemaText as extensionsSchemaText } from "../../tools/extensions_docs.ts";
import { fieldTable, schemaText } from "../../tools/treefile_docs.ts";

Deno.test("docs/treefile.md has the table of fields that the parser has", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/treefile.md", import.meta.url));
  // The formatter fills cells with spaces.
  const cells = (lines: string) =>
    lines.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
      line.replace(/ +/g, " ")
    );
  assertEquals(cells(text), cells(fieldTable()));
});

Deno.test("docs/treefile.schema.json is the schema that the parser has", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/treefile.schema.json", import.meta.url));
  assertEquals(JSON.parse(text), JSON.parse(schemaText()));
});

Deno.test("The files of examples/ fit the schema that they name", () => {
  const schemas = new Map([
    ["treefile", schemaText()],
    ["extensions", extensionsSchemaText()],
  ]);
  const examples = new URL("../../examples/", import.meta.url);
  const names = [...Deno.readDirSync(examples)].map((each) => each.name).filter((name) =>
    name.endsWith(".yaml")
  );
  for (const name of names) {
    const text = Deno.readTextFileSync(new URL(name, examples));
    const kind = name === "extensions.yaml" ? "extensions" : "treefile";
    assertEquals(
      text.split("\n")[0],
      `# yaml-language-server: $schema=../docs/${kind}.schema.json`,
    );
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(schemas.get(kind)!));
    assertEquals([validate(parse(text)), validate.errors], [true, null], name);
  }
});
