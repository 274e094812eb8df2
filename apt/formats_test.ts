import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AptOstreeError } from "@apt-ostree/base";
import { parseFetch, parseFetched, parseSimulation, parseUnmet, parseUris } from "./apt_output.ts";
import { parseChangelog } from "./changelog.ts";
import { parseChecksumList } from "./checksum_list.ts";
import { compareVersions, splitVersion } from "./compare_versions.ts";
import { parseContents } from "./contents_index.ts";
import { parseDeb822 } from "./deb822.ts";
import { Deb822Document } from "./deb822_document.ts";
import { parseDependencies } from "./dependency.ts";
import { FormatError } from "./error.ts";
import { PackagesIndex } from "./packages_index.ts";
import { findPin, parsePreferences } from "./preferences.ts";
import { parseRelease, signedText } from "./release.ts";
import { makeSearchTable, searchPackages } from "./search_packages.ts";
import { anchorSources, missingKeys, parseSources } from "./sources.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const SOURCES = `# Main archive
Types: deb deb-src
URIs: https://example.org/debian
Suites:  bookworm
# a comment inside
Components: main
  contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 AAAA

Enabled: no
Types: deb
`;

Deno.test("Deb822Document keeps what is not touched to the byte", () => {
  const document = new Deb822Document(SOURCES, "a.sources");
  assertEquals(document.toString(), SOURCES);
  assertEquals(document.length, 2);
  assertEquals(document.get(0, "components"), "main\n  contrib");
  document.set(0, "Suites", "trixie");
  document.set(1, "URIs", "https://example.org/other");
  assertEquals(document.delete(1, "enabled"), true);
  assertEquals(document.delete(1, "enabled"), false);
  assertEquals(
    document.toString(),
    SOURCES.replace("Suites:  bookworm", "Suites: trixie").replace("Enabled: no\n", "")
      .replace(/Types: deb\n$/, "Types: deb\nURIs: https://example.org/other\n"),
  );
  const added = document.add();
  document.set(added, "Types", "deb");
  assertEquals(parseDeb822(document.toString(), "a").length, 3);
  document.remove(0);
  assertEquals(document.toString().startsWith("Types: deb\nURIs"), true);
});

Deno.test("Deb822Document refuses values that would become other fields", () => {
  const document = new Deb822Document(SOURCES, "a.sources");
  for (const value of ["a\nTypes: deb-src", "a\n\nb", "a\n "]) {
    assertThrows(() => document.set(0, "URIs", value), FormatError, "it is no field");
  }
  assertThrows(() => document.set(0, "Not a name", "a"), FormatError);
  assertThrows(() => document.get(7, "URIs"), RangeError, "only 2");
});

Deno.test("Deb822Document gives any text back that parseDeb822() takes", () => {
  const line = fc.oneof(
    fc.constantFrom("A: b", "B:", "C: d  ", " more", "\tmore", "# no", "", "  ", "Ünï: x"),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.join("\n");
      try {
        parseDeb822(text, "x");
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        assertThrows(() => new Deb822Document(text, "x"), FormatError);
        return;
      }
      assertEquals(new Deb822Document(text, "x").toString(), text);
    }),
    { numRuns: 2000, seed: 5 },
  );
});

const RELEASE = `Origin: Debian
Suite: stable
Codename: bookworm
Date: Sat, 10 Feb 2024 11:07:25 UTC
Valid-Until: Sat, 17 Feb 2024 11:07:25 UTC
Acquire-By-Hash: yes
Architectures: all amd64
Components: main contrib
MD5Sum:
 d41d8cd98f00b204e9800998ecf8427e 0 main/a
SHA256:
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/a
`;
const SIGNED = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA512

- -dashed: yes
${RELEASE}-----BEGIN PGP SIGNATURE-----

iQ==
-----END PGP SIGNATURE-----
`;

Deno.test("parseRelease() reads fields, dates and the strongest list of files", () => {
  const release = parseRelease(RELEASE, "Release");
  assertEquals(release.date, Date.UTC(2024, 1, 10, 11, 7, 25) / 1000);
  assertEquals(release.validUntil! - release.date!, 7 * 24 * 3600);
  assertEquals([release.suite, release.codename, release.acquireByHash], [
    "stable",
    "bookworm",
    true,
  ]);
  assertEquals([release.hash, release.files.get("main/a")?.size], ["sha256", 0]);
  assertEquals(release.components, ["main", "contrib"]);
  assertThrows(() => parseRelease("Date: yesterday", "Release"), FormatError, '"yesterday"');
  assertThrows(() => parseRelease("SHA256:\n xyz 1 a", "Release"), FormatError, "checksums");
});

Deno.test("signedText() gives the signed part alone, and refuses text around it", () => {
  assertEquals(signedText(SIGNED, "InRelease"), `-dashed: yes\n${RELEASE}`.trimEnd());
  assertEquals(signedText(RELEASE, "Release"), RELEASE);
  for (
    const bad of [
      `Suite: evil\n${SIGNED}`,
      `${SIGNED}Suite: evil\n`,
      SIGNED.replace("Hash: SHA512", "Suite: evil"),
      SIGNED.replace("-----END PGP SIGNATURE-----\n", ""),
    ]
  ) assertThrows(() => signedText(bad, "InRelease"), FormatError);
});

Deno.test("parseChecksumList() reads lists of Release and of .changes", () => {
  const md5 = "d41d8cd98f00b204e9800998ecf8427e";
  assertEquals(parseChecksumList(`\n ${md5} 7 admin optional a_1.dsc`, "a"), [
    { digest: md5, size: 7, path: "a_1.dsc" },
  ]);
  assertThrows(() => parseChecksumList(`\n ${md5} -7 a`, "a"), FormatError);
});

Deno.test("PackagesIndex finds paragraphs by name, whatever stands between and first", () => {
  const text =
    "\n\nPackage: a\nVersion: 1\n\n\nVersion: 2\nPackage: b\nX: ü\n\nPackage: a\nVersion: 3";
  const index = PackagesIndex.parse(bytes(text), "Packages");
  assertEquals([index.length, [...index.names()]], [3, ["a", "b"]]);
  assertEquals(index.find("a").map((each) => each.get("Version")), ["1", "3"]);
  assertEquals(index.find("b")[0]!.get("X"), "ü");
  assertEquals(index.find("none"), []);
  assertEquals(PackagesIndex.parse(bytes("\n"), "Packages").length, 0);
});

Deno.test("parseContents() reads paths with spaces, and passes old headers over", async () => {
  const lines = ["free text", "FILE   LOCATION", "bin/a b\t\tutils/a,net/b", "./etc/x admin/y"];
  assertEquals((await Array.fromAsync(parseContents(lines))).slice(-2), [
    { path: "bin/a b", packages: ["utils/a", "net/b"] },
    { path: "etc/x", packages: ["admin/y"] },
  ]);
});

Deno.test("parseChangelog() reads entries, and ends where an older form begins", () => {
  const text = `nginx (1.2-3~bpo1) bookworm-backports unstable; urgency=high, binary-only=yes

  * One.
    More.

  * Two. (Closes: #1)

 -- A B <a@example.org>  Mon, 01 Jan 2024 10:00:00 +0100

nginx (1.2-2) unstable; urgency=low

  * Zero.

 -- C <c@example.org>  the other day

Old Changelog:
 * before
`;
  const entries = parseChangelog(text, "changelog");
  assertEquals(entries.length, 2);
  assertEquals(entries[0], {
    package: "nginx",
    version: "1.2-3~bpo1",
    distributions: ["bookworm-backports", "unstable"],
    options: new Map([["urgency", "high"], ["binary-only", "yes"]]),
    changes: ["  * One.", "    More.", "", "  * Two. (Closes: #1)"],
    maintainer: "A B <a@example.org>",
    date: Date.UTC(2024, 0, 1, 9) / 1000,
  });
  assertEquals(entries[1]!.date, undefined);
  assertThrows(() => parseChangelog("no entry", "changelog"), FormatError, "line 1");
});

Deno.test("searchPackages() groups what it finds as name, summary and both", () => {
  const index = PackagesIndex.parse(
    bytes(
      "Package: editor\nDescription: an Editor of text\n\nPackage: vi\nDescription: another editor\n" +
        "\nPackage: editor-doc\nDescription: manuals\n\nPackage: vi\nDescription: older\n",
    ),
    "Packages",
  );
  const table = makeSearchTable([index]);
  const names = (group: readonly { name: string }[]) => group.map(({ name }) => name);
  const one = searchPackages(table, ["EDITOR"]);
  assertEquals([names(one.both), names(one.name), names(one.summary)], [
    ["editor"],
    ["editor", "editor-doc"],
    ["editor", "vi"],
  ]);
  const two = searchPackages(table, ["vi", "another"]);
  assertEquals([names(two.both), names(two.name)], [["vi"], []]);
  assertEquals(names(searchPackages(table, ["e*r-d?c"]).name), ["editor-doc"]);
  assertEquals(names(searchPackages(table, ["(", "a+"]).both), []);
});

const PARSERS: [name: string, parse: (text: string) => unknown][] = [
  ["parseDeb822", (text) => parseDeb822(text, "x")],
  ["parseRelease", (text) => parseRelease(text, "x")],
  ["signedText", (text) => signedText(text, "x")],
  ["parseDependencies", (text) => parseDependencies(text)],
  ["parseSources (deb822)", (text) => parseSources({ name: "a.sources", text })],
  ["parseSources (one-line)", (text) => parseSources({ name: "a.list", text })],
  ["parseChangelog", (text) => parseChangelog(text, "x")],
  ["parseChecksumList", (text) => parseChecksumList(text, "x")],
  ["PackagesIndex", (text) => [...PackagesIndex.parse(bytes(text), "x")]],
  ["searchPackages", (text) => searchPackages({ names: "a\nb", summaries: "c\nd" }, [text])],
  ["parseContents", (text) => Array.fromAsync(parseContents(text.split("\n")))],
  ["parsePreferences", (text) => findPin(parsePreferences({ name: "x", text }), "libc6")],
  ["anchorSources (deb822)", (text) => anchorSources({ name: "a.sources", text }, "/x")],
  ["anchorSources (one-line)", (text) => anchorSources({ name: "a.list", text }, "/x")],
  ["missingKeys", (text) => missingKeys({ name: "a.sources", text })],
  ["compareVersions", (text) => [compareVersions(text, "1:2-3"), splitVersion(text)]],
  ["parseSimulation", (text) => parseSimulation(text)],
  ["parseUris", (text) => parseUris(text)],
  ["parseUnmet", (text) => parseUnmet(text)],
  ["parseFetch", (text) => [parseFetch(text), parseFetched(text)]],
];
const REAL = [
  ...[SOURCES, RELEASE, SIGNED, "a, b (>= 1) | c:any [amd64] <!x>", "deb [arch=a] uri s c"],
  "Package: libc6 /^lib/ *\nPin: version 2.*\nPin-Priority: -1\n",
  "usr/bin/a b\tutils/a,net/b\n",
  "Inst a [1] (2 Debian:12/stable [amd64])\nRemv b [1:2-3]\n",
  "'http://example.org/a_1.deb' a_1_all.deb 10 SHA256:0123\n",
  "The following packages have unmet dependencies:\n a : Depends: b (>= 2)\n     Depends: c\nE: x\n",
  "Get:1 http://example.org bookworm/main amd64 Packages [8,792 kB]\n",
];

for (const [name, parse] of PARSERS) {
  Deno.test(`${name} gives a value or our own error, for noise and for damaged text`, async () => {
    const damaged = fc.tuple(fc.constantFrom(...REAL), fc.nat(), fc.nat(40), fc.string())
      .map(([text, at, cut, put]) => {
        const from = at % text.length;
        return text.slice(0, from) + put + text.slice(from + cut);
      });
    const noise = fc.string({ unit: "binary", maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, noise), async (text) => {
        try {
          await parse(text);
        } catch (error) {
          if (!(error instanceof AptOstreeError)) throw error;
        }
      }),
      { numRuns: 3000, seed: 9 },
    );
  });
}
