import { assertEquals, assertNotEquals } from "@std/assert";
import { writeAptStatus } from "./status_file.ts";

Deno.test("writeAptStatus() dates a file by its text, so that no two within a second look alike", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const file = `${dir}/status`;
    const dateOf = (text: string) => {
      writeAptStatus(file, text);
      return Deno.statSync(file).mtime!.getTime();
    };
    const [first, second] = [dateOf("Status: hold\n"), dateOf("Status: wait\n")];
    assertNotEquals(first, second);
    assertEquals(dateOf("Status: hold\n"), first);
    assertEquals(Deno.readTextFileSync(file), "Status: hold\n");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
