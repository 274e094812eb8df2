import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { cleanText, hostRunner, RunError } from "./run.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("hostRunner gives output and only the environment it was given", async () => {
  const { stdout } = await hostRunner.run(["env"], { env: { A: "1", PATH: "/usr/bin:/bin" } });
  assertEquals(text(stdout).trim().split("\n").toSorted(), ["A=1", "PATH=/usr/bin:/bin"]);
});

Deno.test("hostRunner feeds standard input, also to a program that does not read it", async () => {
  const pieces = [new TextEncoder().encode("ab"), new TextEncoder().encode("c")];
  assertEquals(text((await hostRunner.run(["cat"], { stdin: pieces })).stdout), "abc");
  await hostRunner.run(["true"], { stdin: "x".repeat(1_000_000) });
});

Deno.test("hostRunner names a missing program, a failing one and one that was killed", async () => {
  const missing = await assertRejects(() => hostRunner.run(["no-such-program"]), RunError);
  assertEquals([missing.code, missing.subject], ["run/missing", "no-such-program"]);
  const failed = await assertRejects(
    () => hostRunner.run(["sh", "-c", "echo out; echo why >&2; exit 3"]),
    RunError,
  );
  assertEquals([failed.code, failed.status, failed.stderr, text(failed.stdout)], [
    "run/failed",
    3,
    "why\n",
    "out\n",
  ]);
  assertStringIncludes(failed.message, "status 3\nwhy");
  assertEquals((await hostRunner.run(["sh", "-c", "exit 3"], { accept: [3] })).status, 3);
  const killed = await assertRejects(() => hostRunner.run(["sh", "-c", "kill -9 $$"]), RunError);
  assertEquals(killed.code, "run/killed");
});

Deno.test("hostRunner stops a program when it is told to", async () => {
  const stop = new AbortController();
  const running = hostRunner.run(["sleep", "100"], { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => running, Error, "enough");
});

Deno.test("cleanText() takes control bytes and colours away", () => {
  assertEquals(cleanText("a\x1b[31mred\x1b[0m\x07\x00b\n\tc\u009bd"), "aredb\n\tcd");
});
