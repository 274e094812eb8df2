import { assert, assertEquals, assertMatch } from "@std/assert";
import { ArchiveMirror } from "./archive_mirror.ts";

Deno.test("ArchiveMirror names itself in place of the host's archives", async () => {
  await using mirror = new ArchiveMirror("/nonexistent");
  assertMatch(mirror.sources, /^Types: deb\nURIs: http:\/\/127\.0\.0\.1:\d+\/0\/\nSuites: /);
});

Deno.test("ArchiveMirror answers from its directory alone once frozen", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await using mirror = new ArchiveMirror(dir);
    mirror.freeze();
    const base = /^URIs: (\S+)/m.exec(mirror.sources)?.[1];
    assert(base);
    const missing = await fetch(`${base}pool/none.deb`);
    assertEquals(missing.status, 404);
    await missing.body?.cancel();
    const outside = await fetch(`${base}../../etc/passwd`);
    assertEquals(outside.status, 404);
    await outside.body?.cancel();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
