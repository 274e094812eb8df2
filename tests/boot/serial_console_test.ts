import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MachineError } from "./error.ts";
import { SerialConsole } from "./serial_console.ts";

Deno.test("SerialConsole.expect() finds what arrives in pieces", async () => {
  const line = new SerialConsole();
  const found = line.expect(/log(in):/, "login prompt", 1000);
  line.feed("Debian\r\nlocalhost lo");
  line.feed("gin: ");
  assertEquals(await found, { before: "Debian\nlocalhost ", groups: ["in"] });
});

Deno.test("SerialConsole.expect() looks at each piece once", async () => {
  const line = new SerialConsole();
  line.feed("a b a");
  await line.expect(/a/, "a", 10);
  assertEquals((await line.expect(/a/, "a", 10)).before, " b ");
  await assertRejects(() => line.expect(/a/, "a", 10), MachineError);
});

Deno.test("SerialConsole.expect() tells what was there when the time is over", async () => {
  const line = new SerialConsole();
  line.feed("Kernel panic\x1b[0m");
  const error = await assertRejects(() => line.expect(/login:/, "login prompt", 5), MachineError);
  assertEquals(error.code, "machine/timeout");
  assertStringIncludes(error.message, 'Cannot find "login prompt"');
  assertStringIncludes(error.message, "Kernel panic");
});

Deno.test("SerialConsole.expect() does not wait on a closed line", async () => {
  const line = new SerialConsole();
  const found = line.expect(/login:/, "login prompt", 60_000);
  line.close("QEMU ended with status 1");
  const error = await assertRejects(() => found, MachineError);
  assertEquals(error.code, "machine/ended");
  assertStringIncludes(error.message, "QEMU ended with status 1");
});
