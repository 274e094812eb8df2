import { assertEquals, assertThrows } from "@std/assert";
import { AdvisoryError } from "../error.ts";
import { concerns, parseAdvisories } from "./advisories.ts";

const TRACKER = JSON.stringify({
  openssl: {
    "CVE-2024-1": {
      description: "A buffer too small\nmore",
      releases: {
        bookworm: { status: "resolved", fixed_version: "3.0.11-1~deb12u2", urgency: "medium" },
        trixie: { status: "open", urgency: "high" },
      },
    },
    "CVE-2024-2": { releases: { bookworm: { status: "resolved", fixed_version: "0" } } },
    "CVE-2024-3": { releases: { bookworm: { status: "resolved", fixed_version: "3.1" } } },
  },
});
const NOTICES = JSON.stringify({
  "6859-1": {
    title: "OpenSSH vulnerability",
    cves: ["CVE-2024-6387", "https://example.org/bug"],
    releases: { noble: { sources: { openssh: { version: "1:9.6p1-3ubuntu13.3" } } } },
  },
});

Deno.test("parseAdvisories() reads Debian's tracker, for one release", () => {
  const [first, second, ...none] = parseAdvisories(TRACKER, "bookworm", "a.json");
  assertEquals(first, {
    id: "CVE-2024-1",
    source: "openssl",
    fixed: "3.0.11-1~deb12u2",
    severity: "moderate",
    title: "A buffer too small",
    references: [["https://www.cve.org/CVERecord?id=CVE-2024-1", "A buffer too small"]],
  });
  assertEquals([second?.id, none], ["CVE-2024-3", []]);
  assertEquals(parseAdvisories(TRACKER, "trixie", "a.json"), []);
});

Deno.test("parseAdvisories() reads Ubuntu's notices, for one release", () => {
  const [notice] = parseAdvisories(NOTICES, "noble", "a.json");
  assertEquals([notice?.id, notice?.source, notice?.references.length], [
    "USN-6859-1",
    "openssh",
    1,
  ]);
  assertEquals(parseAdvisories(NOTICES, "jammy", "a.json"), []);
});

Deno.test("parseAdvisories() refuses what is neither", () => {
  for (const text of ["", "[]", '{"a": 1}', '{"a": {"CVE-1": 2}}']) {
    assertThrows(() => parseAdvisories(text, "bookworm", "a.json"), AdvisoryError, '"a.json"');
  }
});

Deno.test("concerns() tells fixes that an upgrade brought from those that were there or lack", () => {
  const [advisory] = parseAdvisories(TRACKER, "bookworm", "a.json");
  const about = (version: string, before?: string) =>
    concerns(advisory!, { source: "openssl", version, ...(before ? { before } : {}) });
  assertEquals(about("3.0.11-1~deb12u2", "3.0.11-1~deb12u1"), true);
  assertEquals(about("3.0.11-1~deb12u1", "3.0.10-1"), false);
  assertEquals(about("3.0.13", "3.0.12"), false);
  assertEquals([about("3.0.11-1~deb12u1"), about("3.0.13")], [true, false]);
  assertEquals(concerns(advisory!, { source: "openssh", version: "1" }), false);
});
