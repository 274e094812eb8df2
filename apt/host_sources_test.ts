import { assertEquals } from "@std/assert";
import { readHostSources } from "./host_sources.ts";

Deno.test("readHostSources() reads what apt reads: by name, in order, regular files alone", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const etc = `${dir}/etc/apt`;
    assertEquals(readHostSources(dir), []);
    await Deno.mkdir(`${etc}/sources.list.d/directory.list`, { recursive: true });
    await Deno.symlink("/nowhere", `${etc}/sources.list.d/dangling.sources`);
    await Deno.writeTextFile(`${etc}/sources.list`, "deb http://a b c\n");
    for (const name of ["b.list", "a.sources", "a.list.bak", "a b.list", "empty.list"]) {
      await Deno.writeTextFile(
        `${etc}/sources.list.d/${name}`,
        name === "empty.list" ? " \n" : name,
      );
    }
    assertEquals(readHostSources(`${dir}/`), [
      { name: "sources.list", text: "deb http://a b c\n" },
      { name: "a.sources", text: "a.sources" },
      { name: "b.list", text: "b.list" },
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
