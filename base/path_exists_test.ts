import { assertEquals } from "@std/assert";
import { pathExists } from "./path_exists.ts";
import { readXattr } from "./xattrs.ts";

pathExists("/"); // loads the C library before a test can be blamed for it

Deno.test("pathExists() sees files, directories and links that lead nowhere", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.symlink("nowhere", `${dir}/link`);
    await Deno.writeTextFile(`${dir}/file`, "");
    for (const name of ["", "/link", "/file"]) assertEquals(pathExists(dir + name), true, name);
    for (const name of ["/none", "/file/below", "/link/below"]) {
      assertEquals(pathExists(dir + name), false, name);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("answers stay right while garbage is collected between call and errno", () => {
  for (let at = 0; at < 200_000; at++) {
    const garbage = Array.from({ length: 20 }, (_, i) => ({ at, i }));
    if (pathExists(`/none-${garbage.length}-${at}`)) throw new Error("it is there");
    if (at % 10 === 0 && readXattr("/", "user.none") !== undefined) throw new Error("it has one");
  }
});
