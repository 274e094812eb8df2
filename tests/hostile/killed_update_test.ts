import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeDeb } from "../support/archive.ts";
import { withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");
const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;

Deno.test("package lists are fetched again at once after kill -9, whatever it left running", {
  ignore,
}, () =>
  withHttpArchive(async (archive, dir) => {
    await makeDeb(`${dir}/archive/pool`, { name: "good" });
    await archive.publish();
    const lists = `${dir}/system/etc/apt/sources.list.d`;
    await Deno.mkdir(lists, { recursive: true });
    await Deno.writeTextFile(`${lists}/a.sources`, archive.sources[0]!.text);
    const refresh = () =>
      new Deno.Command(PROGRAM, {
        args: ["refresh-md", `--sysroot=${dir}/system`],
        env: { APT_OSTREE_DENO: Deno.execPath() },
        stderr: "piped",
        stdout: "piped",
      }).spawn();
    const asked = Promise.withResolvers<void>();
    let hanging: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    archive.falsify = (path) => {
      if (!path.endsWith("InRelease")) return undefined;
      asked.resolve();
      // It begins to answer, and then says no more.
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          hanging = controller;
          controller.enqueue(new Uint8Array(10));
        },
        cancel: () => hanging = undefined,
      });
      return new Response(body);
    };
    const killed = refresh();
    await asked.promise;
    killed.kill("SIGKILL");
    assertEquals((await killed.output()).signal, "SIGKILL");
    archive.falsify = () => undefined;
    const { code, stderr } = await refresh().output();
    const text = new TextDecoder().decode(stderr);
    hanging?.close();
    assertEquals(code, 0, text);
    assertStringIncludes(text, "1 source");
  }));
