import { assert } from "@std/assert";
import { PeakMemory } from "./peak_memory.ts";

Deno.test("PeakMemory sees the peak of a grandchild, after it was given back", async () => {
  const hold =
    "const b = new Uint8Array(200 << 20).fill(1); Deno.stdout.writeSync(b.subarray(0, 1));" +
    "Deno.stdin.readSync(b)";
  const process = new Deno.Command("sh", {
    args: ["-c", '"$1" eval "$2"; exit 0', "sh", Deno.execPath(), hold],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const memory = new PeakMemory(process.pid);
  const reader = process.stdout.getReader();
  await reader.read();
  memory.poll();
  await process.stdin.close();
  await reader.cancel();
  await process.status;
  memory.poll();
  const { denoMib, otherMib } = memory.peak();
  assert(denoMib >= 200 && denoMib < 400, `${denoMib} MiB`);
  assert(otherMib > 0 && otherMib < 100, `${otherMib} MiB`);
});

Deno.test("PeakMemory passes over processes that come and go", async () => {
  const process = new Deno.Command("sh", {
    args: ["-c", "for i in $(seq 300); do (:) & (:); done; wait"],
  }).spawn();
  const memory = new PeakMemory(process.pid);
  let ended = false;
  const status = process.status.then((end) => {
    ended = true;
    return end;
  });
  while (!ended) {
    for (let i = 0; i < 20; i++) memory.poll();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert((await status).success);
  assert(memory.peak().otherMib >= 0);
});
