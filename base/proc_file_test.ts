import { assert, assertEquals } from "@std/assert";
import { readBootId } from "./boot_id.ts";
import { readProcDir, readProcFile } from "./proc_file.ts";

readBootId(); // loads the C library before a test can be blamed for it

Deno.test("readProcFile() and readProcDir() read what Deno keeps for programs that may do everything", () => {
  assertEquals(readProcFile("/proc/self/cmdline"), Deno.readTextFileSync("/proc/self/cmdline"));
  const names = [...Deno.readDirSync("/proc/self/ns")].map((entry) => entry.name);
  assertEquals(readProcDir("/proc/self/ns")?.toSorted(), names.toSorted());
  assert(readProcDir("/proc/sys/kernel")!.length > 50);
  assertEquals(`${readBootId()}\n`, Deno.readTextFileSync("/proc/sys/kernel/random/boot_id"));
});

Deno.test("readProcFile() and readProcDir() know when a process is gone", () => {
  assertEquals(readProcFile("/proc/4194305/stat"), undefined);
  assertEquals(readProcDir("/proc/4194305/task"), undefined);
});
