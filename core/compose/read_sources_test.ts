import { assertEquals } from "@std/assert";
import { readTreefile } from "../treefile/read_treefile.ts";
import { readSources } from "./read_sources.ts";

Deno.test("readSources() puts repovars and the release in, and anchors keys", () => {
  const dir = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(
      `${dir}/t.yaml`,
      "repos: [a]\nreleasever: trixie\nrepovars: {where: example.org}\n",
    );
    Deno.writeTextFileSync(
      `${dir}/a.sources`,
      "Types: deb\nURIs: http://$where/$other\nSuites: ${codename} $releasever-updates\n" +
        "Components: main\nSigned-By: keys/a.pgp\n",
    );
    const [source] = readSources(readTreefile(`${dir}/t.yaml`, "x86_64"));
    assertEquals(
      source?.text.replaceAll(dir, "DIR"),
      "Types: deb\nURIs: http://example.org/$other\nSuites: trixie trixie-updates\n" +
        "Components: main\nSigned-By: DIR/keys/a.pgp\n",
    );
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
