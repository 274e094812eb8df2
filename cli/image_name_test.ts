import { assertEquals } from "@std/assert";
import { withTag, withTransport } from "./image_name.ts";

const TAGGED: readonly (readonly [given: string, tagged: string])[] = [
  ["oci:images", "oci:images:12"],
  ["oci:images:11", "oci:images:11"],
  ["oci-archive:/a/b.tar", "oci-archive:/a/b.tar:12"],
  ["docker://localhost:5000/a", "docker://localhost:5000/a:12"],
  ["docker://localhost:5000/a:11", "docker://localhost:5000/a:11"],
  ["registry:debian", "registry:debian:12"],
  ["docker://example.org/a@sha256:00", "docker://example.org/a@sha256:00"],
  ["containers-storage:localhost/a", "containers-storage:localhost/a:12"],
  ["dir:/a", "dir:/a"],
];

Deno.test("withTag() adds a tag where there can be one and is none", () => {
  for (const [given, tagged] of TAGGED) assertEquals(withTag(given, "12"), tagged);
});

Deno.test("withTransport() takes names without a place for podman's", () => {
  assertEquals(withTransport("localhost/a:b"), "containers-storage:localhost/a:b");
  assertEquals(withTransport("oci:dir"), "oci:dir");
});
