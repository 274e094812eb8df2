import { assertEquals } from "@std/assert";
import { CHECKS } from "./all_checks.ts";

Deno.test("docs/checks.md has each check with its severity and what it finds", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/checks.md", import.meta.url));
  const cells = text.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) => line.replace(/ +/g, " "));
  const wanted = CHECKS.map(({ name, severity, text }) =>
    `| \`${name}\` | ${severity} | ${text} |`
  );
  assertEquals(cells, wanted);
});
