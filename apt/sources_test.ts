import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "./error.ts";
import { anchorSources, parseSources } from "./sources.ts";

Deno.test("parseSources() reads both forms alike", () => {
  const stanzas = parseSources({
    name: "d.sources",
    text: `Types: deb deb-src
URIs: https://deb.example.org/debian
Suites: stable stable-updates
Components: main contrib
Signed-By: /k.gpg

Enabled: no
Types: deb
URIs: x
Suites: y
`,
  });
  assertEquals(stanzas, [{
    place: "d.sources:1",
    types: ["deb", "deb-src"],
    uris: ["https://deb.example.org/debian"],
    suites: ["stable", "stable-updates"],
    components: ["main", "contrib"],
    options: new Map([["Signed-By", "/k.gpg"]]),
  }]);
  const lines =
    "# none\ndeb [arch=amd64,i386 signed-by=/k.gpg] https://deb.example.org/debian stable main # why\n";
  const [line] = parseSources({ name: "d.list", text: lines });
  assertEquals(line?.options, new Map([["Architectures", "amd64 i386"], ["Signed-By", "/k.gpg"]]));
  assertEquals([line?.place, line?.components], ["d.list:2", ["main"]]);
});

Deno.test("parseSources() says what is wrong and where", () => {
  assertThrows(
    () => parseSources({ name: "d.list", text: "\nbed x y\n" }),
    FormatError,
    "d.list:2",
  );
  assertThrows(
    () => parseSources({ name: "d.sources", text: "Types: deb\nURIs: x\n" }),
    FormatError,
    "no Suites",
  );
});

Deno.test("anchorSources() takes relative keys from a directory and leaves others", () => {
  const key = (name: string, text: string) =>
    parseSources(anchorSources({ name, text }, "/t"))[0]!.options.get("Signed-By");
  const stanza = (value: string) => `Types: deb\nURIs: x\nSuites: y\nSigned-By: ${value}\n`;
  assertEquals(key("a.sources", stanza("key.gpg")), "/t/key.gpg");
  assertEquals(key("a.sources", stanza("/key.gpg")), "/key.gpg");
  const inline = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n x";
  assertEquals(key("a.sources", `Types: deb\nURIs: x\nSuites: y\nSigned-By:${inline}\n`), inline);
  assertEquals(key("a.list", "deb [signed-by=k/key.gpg] x y\n"), "/t/k/key.gpg");
});
