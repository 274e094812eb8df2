import { assertEquals, assertThrows } from "@std/assert";
import { FormatError } from "./error.ts";
import { anchorSources, missingKeys, parseSources } from "./sources.ts";

const BASE = "Types: deb\nURIs: http://example.org\nSuites: a\nComponents: main\n";

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

/** Every option of sources.list(5), in one-line form and in deb822 form. */
const OPTIONS: [line: string, field: string, value: string][] = [
  ["arch=amd64,i386", "Architectures", "amd64 i386"],
  ["arch+=armhf", "Architectures-Add", "armhf"],
  ["arch-=amd64", "Architectures-Remove", "amd64"],
  ["lang=en,de", "Languages", "en de"],
  ["target=Packages,Contents-deb", "Targets", "Packages Contents-deb"],
  ["pdiffs=no", "PDiffs", "no"],
  ["by-hash=force", "By-Hash", "force"],
  ["allow-insecure=yes", "Allow-Insecure", "yes"],
  ["allow-weak=yes", "Allow-Weak", "yes"],
  ["allow-downgrade-to-insecure=yes", "Allow-Downgrade-To-Insecure", "yes"],
  ["trusted=yes", "Trusted", "yes"],
  ["signed-by=/k.gpg", "Signed-By", "/k.gpg"],
  ["check-valid-until=no", "Check-Valid-Until", "no"],
  ["valid-until-min=10", "Valid-Until-Min", "10"],
  ["valid-until-max=20", "Valid-Until-Max", "20"],
  ["check-date=no", "Check-Date", "no"],
  ["date-max-future=30", "Date-Max-Future", "30"],
  ["inrelease-path=sub/InRelease", "InRelease-Path", "sub/InRelease"],
  ["snapshot=20260131T120000Z", "Snapshot", "20260131T120000Z"],
];

Deno.test("parseSources() reads every option in both forms", () => {
  for (const [option, field, value] of OPTIONS) {
    const line = `deb [ ${option} ] http://example.org/d s main\n`;
    const stanza = `Types: deb\nURIs: http://example.org/d\nSuites: s\nComponents: main\n` +
      `${field}: ${value}\n`;
    for (const [name, text] of [["a.list", line], ["a.sources", stanza]] as const) {
      assertEquals(parseSources({ name, text })[0]!.options, new Map([[field, value]]), option);
    }
  }
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

Deno.test("missingKeys() names keys of sources that are not there, and no other words", () => {
  const missing = (text: string) => missingKeys({ name: "a.sources", text: `${BASE}${text}` });
  const here = new URL(import.meta.url).pathname;
  assertEquals(missing(`Signed-By: /no/a.gpg, ${here} /no/b.asc\n`), ["/no/a.gpg", "/no/b.asc"]);
  assertEquals(missing("signed-by: 0123456789ABCDEF0123456789ABCDEF01234567\n"), []);
  assertEquals(missing("Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n /no/x\n"), []);
  const line = "deb [signed-by=/no/a.gpg,/no/b.gpg] http://example.org a main\n";
  assertEquals(missingKeys({ name: "a.list", text: line }), ["/no/a.gpg", "/no/b.gpg"]);
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
