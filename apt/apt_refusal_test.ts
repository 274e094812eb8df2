import { assertEquals } from "@std/assert";
import { RunError } from "@apt-ostree/base";
import { explainUpdate } from "./apt_refusal.ts";

const SQV = "Sub-process /usr/bin/sqv returned an error code (1), error message is: " +
  "Missing key 0123456789ABCDEF, which is needed to verify signature.";
const KEY = "Name the archive's key with Signed-By: /path/to/key.gpg in its .sources file";
const CASES: [what: string, stderr: string, code: string, hint: string][] = [
  [
    "a key that gpgv lacks",
    "W: GPG error: http://example.org/debian test InRelease: The following signatures couldn't be " +
    "verified because the public key is not available: NO_PUBKEY 0123456789ABCDEF",
    "apt/untrusted-source",
    KEY,
  ],
  [
    "a key that sqv lacks, as apt 3 says it",
    `W: OpenPGP signature verification failed: http://example.org/debian test InRelease: ${SQV}`,
    "apt/untrusted-source",
    KEY,
  ],
  [
    "the same in the words of apt 3's newer output",
    `Warning: OpenPGP signature verification failed: http://example.org/debian test InRelease: ${SQV}`,
    "apt/untrusted-source",
    KEY,
  ],
  [
    "no signature at all",
    "E: The repository 'http://example.org/debian test Release' is not signed.",
    "apt/untrusted-source",
    `${KEY}; to do without any signature, set Trusted: yes`,
  ],
];

Deno.test("explainUpdate() says that a disk is full, whatever else went wrong with it", () => {
  const error = explainUpdate(
    "E: Failed to fetch http://example.org/Packages  Error writing to file - write (28: No space " +
      "left on device)\nE: Some index files failed to download.\n",
    new RunError("run/failed", "x"),
  );
  assertEquals(error.hint, "Free space and run it again: what was there before stays");
});

for (const [what, stderr, code, hint] of CASES) {
  Deno.test(`explainUpdate() knows ${what}`, () => {
    const error = explainUpdate(
      `Hit:1 http://other.example.org\n${stderr}\n`,
      new RunError("run/failed", "x"),
    );
    assertEquals([error.code, error.hint], [code, hint]);
    assertEquals(error.subject, "http://example.org/debian");
  });
}
