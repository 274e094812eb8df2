import { assertEquals, assertThrows } from "@std/assert";
import { exchangePaths } from "./exchange_paths.ts";
import { LibcError } from "./libc.ts";

Deno.test("exchangePaths() lets a directory and a file change places", {
  sanitizeResources: false, // libc is opened once, and stays
}, async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/a`);
    await Deno.writeTextFile(`${dir}/a/inside`, "1");
    await Deno.writeTextFile(`${dir}/b`, "2");
    exchangePaths(`${dir}/a`, `${dir}/b`);
    assertEquals(await Deno.readTextFile(`${dir}/a`), "2");
    assertEquals(await Deno.readTextFile(`${dir}/b/inside`), "1");
    const error = assertThrows(() => exchangePaths(`${dir}/a`, `${dir}/none`), LibcError);
    assertEquals(error.errno, 2);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
