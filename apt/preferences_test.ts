import { assertEquals } from "@std/assert";
import { findPin, parsePreferences } from "./preferences.ts";

const pins = [
  ...parsePreferences({
    name: "preferences.d/a",
    text: "Explanation: why\nPackage: nginx lib*:any\nPin: version 1.*\nPin-Priority: 900\n",
  }),
  ...parsePreferences({
    name: "preferences",
    text: "Package: *\nPin: release n=sid\nPin-Priority: 1\n\n# none\n" +
      "Package: libc6 /^linux-(image|doc)/ /[/\nPin: version 2\nPin-Priority: -1\n",
  }),
];

const FOUND = [
  ["nginx", "preferences.d/a", "version 1.*"],
  ["libc6", "preferences.d/a", "version 1.*"],
  ["nginx-full", "preferences", "release n=sid"],
  ["linux-doc-6.1", "preferences", "version 2"],
] as const;
Deno.test.each(FOUND)("findPin() of %s is in %s", (name, file, pin) => {
  const found = findPin(pins, name);
  assertEquals([found?.file, found?.pin], [file, pin]);
});

Deno.test("findPin() does not guess which of several pins for all packages it is", () => {
  const general = pins.filter(({ packages }) => packages.includes("*"));
  assertEquals(findPin([...general, ...general], "nginx"), undefined);
  assertEquals(findPin([], "nginx"), undefined);
});
