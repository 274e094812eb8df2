import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeDeb } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";
import { example } from "../support/example.ts";

Deno.test("list_remote_deb.ts lists a package from a server", {
  ignore: await lacks("dpkg-deb"),
}, () =>
  inTemp(async (dir) => {
    const path = await makeDeb(dir, { name: "hello", files: { "usr/bin/hello": "hi" } });
    const bytes = await Deno.readFile(path);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(bytes),
    );
    const text = await example("list_remote_deb.ts", `http://127.0.0.1:${server.addr.port}/a.deb`);
    assertEquals(text.split("\n")[0], "hello 1.0");
    assertStringIncludes(text, "file     0755 root/root 2 /usr/bin/hello\n");
  }));

Deno.test("compare_suites.ts shows what differs between two indexes", () =>
  inTemp(async (dir) => {
    const write = (name: string, packages: Record<string, string>) =>
      Deno.writeTextFile(
        `${dir}/${name}`,
        Object.entries(packages).map(([name, version]) => `Package: ${name}\nVersion: ${version}\n`)
          .join("\n"),
      );
    await write("old", { same: "1", up: "1.0~rc1", down: "2", gone: "1" });
    await write("new", { same: "1", up: "1.0", down: "1", more: "3" });
    assertEquals(
      await example("compare_suites.ts", `${dir}/old`, `${dir}/new`),
      [
        "< down 2 -> 1",
        "- gone 1",
        "+ more 3",
        "> up 1.0~rc1 -> 1.0",
        "",
      ].join("\n"),
    );
  }));

Deno.test("why.ts shows the chain that leads to a package", {
  ignore: await lacks("apt-get"),
}, async () => {
  assertEquals(await example("why.ts", "libc6", "bubblewrap"), "bubblewrap -> libc6\n");
  assertStringIncludes(await example("why.ts", "no-such", "bubblewrap"), "without no-such");
});
