import { assertEquals, assertThrows } from "@std/assert";
import { killProcess } from "./kill_process.ts";
import { readProcFile } from "./proc_file.ts";

readProcFile("/proc/self/status"); // loads the C library before a test can be blamed for it

Deno.test("killProcess() ends a process, and knows when there is none", async () => {
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  assertEquals(killProcess(child.pid), true);
  assertEquals((await child.status).signal, "SIGKILL");
  assertEquals(killProcess(child.pid), false);
  for (const pid of [0, 1, -1, NaN]) assertThrows(() => killProcess(pid), RangeError);
});
