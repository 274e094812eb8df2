import { assertEquals } from "@std/assert";
import { pathExists } from "@apt-ostree/base";
import { openTemporaryArea } from "./temporary_area.ts";

pathExists("/"); // loads the C library before a test can be blamed for it

Deno.test("openTemporaryArea() removes what the dead left, and nothing of the living", () => {
  const dead = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "apt-ostree-image-" });
  Deno.writeTextFileSync(`${dead}/lock`, "");
  Deno.writeTextFileSync(`${dead}/left`, "left\n");
  const first = openTemporaryArea();
  assertEquals(pathExists(dead), false);
  const second = openTemporaryArea();
  assertEquals([first, second].map(({ path }) => pathExists(path)), [true, true]);
  for (const each of [first, second]) each[Symbol.dispose]();
  assertEquals([first, second].map(({ path }) => pathExists(path)), [false, false]);
});
