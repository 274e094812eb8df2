import { assert, assertEquals } from "@std/assert";

Deno.test("every scenario of rpm-ostree's compose tests has a test with a name", async () => {
  const text = await Deno.readTextFile(new URL("scenarios.txt", import.meta.url));
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert(lines.length > 50, `${lines.length} scenarios`);
  const missing: string[] = [];
  for (const line of lines) {
    const [, file = "", name = ""] = line.split(" | ");
    const source = await Deno.readTextFile(new URL(file, import.meta.url));
    if (!source.includes(`"${name}"`)) missing.push(line);
  }
  assertEquals(missing, []);
});
