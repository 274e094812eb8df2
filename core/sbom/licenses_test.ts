import { assertEquals, assertThrows } from "@std/assert";
import parseExpression from "spdx-expression-parse";
import { parseCopyright } from "./copyright.ts";
import { allOf, licenseExpression } from "./license_expression.ts";

const REFERENCE = (name: string) => `LicenseRef-${name.replace(/[^A-Za-z0-9.]+/g, "-")}`;

/** Synopses as Debian's copyright files have them. */
const EXPRESSIONS: [synopsis: string, expression: string][] = [
  ["GPL-2", "GPL-2.0-only"],
  ["GPL-2+", "GPL-2.0-or-later"],
  ["GPL-2.0+", "GPL-2.0-or-later"],
  ["GPL-3.0-or-later", "GPL-3.0-or-later"],
  ["LGPLv2.1+", "LGPL-2.1-or-later"],
  ["AGPL-3", "AGPL-3.0-only"],
  ["GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"],
  ["Expat", "MIT"],
  ["BSD-3-clause", "BSD-3-Clause"],
  ["zlib", "Zlib"],
  ["Apache-2", "Apache-2.0"],
  ["GPL-1+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"],
  ["BSD-3-clause and/or GPL-3+", "BSD-3-Clause OR GPL-3.0-or-later"],
  ["ISC and MIT or X11", "(ISC AND MIT) OR X11"],
  ["GPL-2+ or AFL-2.1, and Expat", "(GPL-2.0-or-later OR AFL-2.1) AND MIT"],
  ["ISC, or GPL-2 and MIT", "ISC OR (GPL-2.0-only AND MIT)"],
  ["GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note"],
  ["GPL-3+ with Bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2"],
  ["GPL-2+ with OpenSSL exception", "LicenseRef-GPL-2-with-OpenSSL-exception"],
  ["public-domain", "LicenseRef-public-domain"],
  ["public-domain and GPL", "LicenseRef-public-domain AND LicenseRef-GPL"],
  ["GPL-9+", "LicenseRef-GPL-9-"],
];

Deno.test.each(EXPRESSIONS)("licenseExpression() of %s is %s", (synopsis, expression) => {
  assertEquals(licenseExpression(synopsis, REFERENCE), expression);
  parseExpression(expression); // throws at what SPDX does not know
});

Deno.test("the judge of expressions refuses Debian's own names", () => {
  assertThrows(() => parseExpression("GPL-2+ or Artistic"));
});

Deno.test("allOf() joins expressions, each term once, and keeps alternatives together", () => {
  const all = allOf(["MIT", "ISC AND MIT", "GPL-2.0-only OR MIT", "(A OR B) AND ISC"]);
  assertEquals(all, "MIT AND ISC AND (GPL-2.0-only OR MIT) AND ((A OR B) AND ISC)");
  assertEquals([allOf([]), allOf(["A OR B"])], ["NOASSERTION", "A OR B"]);
});

Deno.test("parseCopyright() reads names from paragraphs about files, and texts", () => {
  const copyright = parseCopyright(
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: somebody
License: GPL-2+

Files: debian/*
License:   Odd  one
 Do what
 .
  you want.

License: GPL-2+
 See /usr/share/common-licenses/GPL-2

License: Unused
 text
`,
    "x",
  );
  assertEquals(copyright?.licenses, ["GPL-2+", "Odd one"]);
  assertEquals(copyright?.texts.get("Odd one"), "Do what\n\n you want.");
  assertEquals(copyright?.texts.get("GPL-2+"), "See /usr/share/common-licenses/GPL-2");
});

Deno.test("parseCopyright() leaves prose, and what only claims to be machine-readable", () => {
  for (const text of ["", "This is free.\nLicense: GPL\n", "Format: dep5\n broken\nno field\n"]) {
    assertEquals(parseCopyright(text, "x"), undefined);
  }
});
