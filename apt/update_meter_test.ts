import { assertEquals, assertMatch } from "@std/assert";
import type { ProgressEvent } from "@apt-ostree/base";
import { makeDeb } from "../tests/support/archive.ts";
import { withHttpArchive } from "../tests/support/http_archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { AptRoot } from "./apt_root.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");

Deno.test(
  "AptRoot tells which package lists it fetches, and how much that was",
  { ignore },
  () =>
    withHttpArchive(async (archive, dir) => {
      await makeDeb(`${dir}/archive/pool`, { name: "good" });
      await archive.publish();
      archive.falsify = (_path, bytes, request) => {
        const headers = { "Last-Modified": "Sun, 01 Nov 2026 10:00:00 GMT" };
        if (bytes.length === 0) return undefined;
        return request.headers.has("If-Modified-Since")
          ? new Response(null, { status: 304, headers })
          : new Response(new Uint8Array(bytes), { headers });
      };
      const apt = await AptRoot.create({
        dir: `${dir}/root`,
        architecture: "amd64",
        sources: archive.sources,
        hostTrust: false,
      });
      const update = async (cacheOnly: boolean) => {
        const events: ProgressEvent[] = [];
        await apt.update({ cacheOnly, progress: (event) => void events.push(event) });
        return {
          types: events.map(({ type }) => type),
          items: events.flatMap((event) => event.type === "phase-progress" ? event.item : []),
          summary: events.flatMap((event) => event.type === "phase-end" ? event.summary : [])
            .join(),
        };
      };
      const first = await update(false);
      assertEquals(first.types, ["phase-start", "phase-progress", "phase-progress", "phase-end"]);
      assertEquals(first.items.map((item) => item?.replace(/ \[[\d.,]+ k?B\]$/, "")), [
        "test InRelease",
        "test/main amd64 Packages",
      ]);
      assertMatch(first.summary, /^1 source, [\d.,]+ k?B fetched$/);
      assertEquals(await update(false), {
        types: ["phase-start", "phase-progress", "phase-end"],
        items: ["test InRelease"],
        summary: "1 source, nothing new",
      });
      assertEquals((await update(true)).types, []);
    }),
);
