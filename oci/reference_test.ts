import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { OciError } from "./error.ts";
import { formatImageReference, parseImageReference } from "./reference.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

/** What is given, and how it reads when it is whole. */
const GOOD: readonly (readonly [given: string, whole: string])[] = [
  ["docker://debian", "docker://docker.io/library/debian:latest"],
  ["registry:debian:12", "docker://docker.io/library/debian:12"],
  ["registry:somebody/thing", "docker://docker.io/somebody/thing:latest"],
  ["docker://localhost/a/b", "docker://localhost/a/b:latest"],
  ["docker://localhost:5000/a", "docker://localhost:5000/a:latest"],
  ["docker://[::1]:5000/a:b", "docker://[::1]:5000/a:b"],
  ["docker://example.org/a__b/c-d.e:V1_2", "docker://example.org/a__b/c-d.e:V1_2"],
  [`docker://example.org/a@${DIGEST}`, `docker://example.org/a@${DIGEST}`],
  [`docker://example.org/a:t@${DIGEST}`, `docker://example.org/a:t@${DIGEST}`],
  ["oci:dir", "oci:dir"],
  ["oci:/a/b:latest", "oci:/a/b:latest"],
  ["oci-archive:a.tar:localhost/name:tag", "oci-archive:a.tar:localhost/name:tag"],
  ["containers-storage:localhost/a:b", "containers-storage:localhost/a:b"],
  ["docker-archive:x.tar:n:t", "docker-archive:x.tar:n:t"],
  ["dir:/x", "dir:/x"],
];

for (const [given, whole] of GOOD) {
  Deno.test(`parseImageReference() reads ${given}`, () => {
    const reference = parseImageReference(given);
    assertEquals(formatImageReference(reference), whole);
    assertEquals(parseImageReference(whole), reference);
  });
}

const BAD = [
  "",
  "debian",
  "docker:debian",
  "docker://",
  "docker://example.org/UPPER",
  "docker://example.org/a:",
  "docker://example.org/a:b/c",
  "docker://example.org/a@sha256:12",
  "docker://exa mple.org/a",
  "docker://example.org/-a",
  "docker://user:pass@example.org/a",
  "oci:",
  "oci::tag",
  "oci:a:",
  "oci-archive:a:two words",
  "ftp:x",
  "dir:",
];

for (const given of BAD) {
  Deno.test(`parseImageReference() refuses ${JSON.stringify(given)}`, () => {
    const error = assertThrows(() => parseImageReference(given), OciError);
    assertEquals(error.code, "oci/bad-reference");
  });
}

Deno.test("parseImageReference() gives a reference or its own error for any text", () => {
  const start = fc.constantFrom("", "docker://", "oci:", "oci-archive:", "dir:", "registry:");
  fc.assert(fc.property(start, fc.string(), (before, after) => {
    try {
      const reference = parseImageReference(before + after);
      assertEquals(parseImageReference(formatImageReference(reference)), reference);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
    }
  }));
});
