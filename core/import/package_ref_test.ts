import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { packageRef } from "./package_ref.ts";

const REF_NAME = /^[\w\d][-._\w\d]*(\/[\w\d][-._\w\d]*)*$/;

Deno.test("packageRef() escapes what a ref cannot hold", () => {
  assertEquals(
    packageRef({ name: "libstdc++6", version: "1:12.2~rc1-3", architecture: "amd64" }),
    "aptostree/pkg/libstdc_2B_2B6/1_3A12.2_7Erc1-3_amd64",
  );
  assertEquals(
    packageRef({ name: "a", version: "1_2", architecture: "all" }),
    "aptostree/pkg/a/1__2_all",
  );
});

Deno.test("packageRef() gives two packages two refs, each a valid ref name", () => {
  const version = fc.stringMatching(/^[0-9][0-9A-Za-z.+~:_-]{0,8}$/);
  const architecture = fc.constantFrom("amd64", "all", "i386", "arm64");
  const id = fc.record({ name: fc.constantFrom("a0", "g++"), version, architecture });
  fc.assert(
    fc.property(id, id, (a, b) => {
      assertEquals(REF_NAME.test(packageRef(a)), true);
      if (JSON.stringify(a) !== JSON.stringify(b)) assertNotEquals(packageRef(a), packageRef(b));
    }),
    { seed: 11 },
  );
});
