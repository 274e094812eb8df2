import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ComposeError } from "../error.ts";
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

Deno.test("readSources() looks beside the treefile first, and then among the sources of the root", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const etc = `${dir}/root/etc/apt/sources.list.d`;
    Deno.mkdirSync(etc, { recursive: true });
    Deno.writeTextFileSync(`${etc}/own.list`, "deb https://example.org/$place ./\n");
    Deno.writeTextFileSync(`${etc}/both.list`, "deb https://example.org/root ./\n");
    Deno.writeTextFileSync(`${dir}/both.list`, "deb https://example.org/beside ./\n");
    const read = (...repos: string[]) => {
      const text = JSON.stringify({ repos, repovars: { place: "there" } });
      Deno.writeTextFileSync(`${dir}/t.json`, text);
      return readSources(readTreefile(`${dir}/t.json`, "x86_64"), { sourceRoot: `${dir}/root/` });
    };
    assertEquals(read("own", "both").map(({ name, text }) => [name, text.split(" ")[1]]), [
      ["own.list", "https://example.org/there"],
      ["both.list", "https://example.org/beside"],
    ]);
    const error = assertThrows(() => read("none"), ComposeError);
    assertStringIncludes(error.message, `nor in "${dir}/root/etc/apt/sources.list.d"`);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
