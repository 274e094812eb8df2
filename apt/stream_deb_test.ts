import { assertEquals, assertRejects } from "@std/assert";
import type { TarEntry } from "@apt-ostree/base";
import { makeDeb } from "../tests/support/archive.ts";
import { inTemp } from "../tests/support/in_temp.ts";
import { lacks } from "../tests/support/lacks.ts";
import { DebError } from "./error.ts";
import { type Deb, openDeb } from "./read_deb.ts";
import { openDebStream } from "./stream_deb.ts";

const ignore = await lacks("dpkg-deb");

/** Bytes in pieces of one size; notes whether they were given up. */
function stream(bytes: Uint8Array, size: number) {
  const state = { cancelled: false };
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { body, state };
}

async function contents(deb: Deb): Promise<string[]> {
  const lines: string[] = [];
  await deb.walk({
    entry: ({ type, path, size }: TarEntry) => void lines.push(`${type} ${path} ${size}`),
    data: (piece) => void lines.push(new TextDecoder().decode(piece)),
    end: () => {},
  });
  return [...deb.members.keys(), ...lines];
}

Deno.test(
  "openDebStream() reads what openDeb() reads, however the bytes arrive",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const file = await makeDeb(dir, {
        name: "a",
        files: { "usr/share/a": "text\n", "usr/bin/b": "#!" },
        control: { postinst: "#!/bin/sh\n" },
      });
      const expected = await contents(await openDeb(file));
      const bytes = await Deno.readFile(file);
      for (const size of [1, 7, 60, 1000, bytes.length]) {
        const { body } = stream(bytes, size);
        assertEquals(await contents(await openDebStream(body, "a.deb")), expected, `${size}`);
      }
    }),
);

Deno.test(
  "openDebStream() names every cut, and gives the rest up",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const bytes = await Deno.readFile(await makeDeb(dir, { name: "a" }));
      for (let cut = 0; cut < bytes.length - 1; cut += 13) {
        const { body } = stream(bytes.subarray(0, cut), 50);
        await assertRejects(
          async () => await contents(await openDebStream(body, "a.deb")),
          DebError,
          '"a.deb"',
        );
      }
      const { body, state } = stream(new Uint8Array(100_000), 1000);
      await assertRejects(() => openDebStream(body, "zeros"), DebError, "ar archive");
      assertEquals(state.cancelled, true);
    }),
);
