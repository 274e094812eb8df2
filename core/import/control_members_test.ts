import { assertEquals } from "@std/assert";
import { md5, md5Line, parseConffiles } from "./control_members.ts";

Deno.test("parseConffiles() knows remove-on-upgrade", () => {
  assertEquals(parseConffiles("/etc/a\n\nremove-on-upgrade /etc/b c\n"), [
    { path: "/etc/a", removeOnUpgrade: false },
    { path: "/etc/b c", removeOnUpgrade: true },
  ]);
});

Deno.test("md5Line() writes dpkg's two-space form", () => {
  const digest = md5(new TextEncoder().encode("abc"));
  const text = md5Line("usr/a", digest);
  assertEquals(text, "900150983cd24fb0d6963f7d28e17f72  usr/a\n");
});
