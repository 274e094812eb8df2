import { assertEquals } from "@std/assert";

const MODULE = new URL("./mod.ts", import.meta.url).href;

/** Run a script with the permission for FFI and no other. */
async function run(script: string, ...args: string[]) {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const config = new URL("../deno.json", import.meta.url).pathname;
    const ffi = "--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6,/lib/aarch64-linux-gnu/libc.so.6";
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--config", config, "--allow-read", ffi, file, ...args],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { pid: child.pid, code, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("replaceProcess() keeps process, arguments and streams, and the status is the program's", async () => {
  const words = ["", "a b", "ü\n'\"", "x".repeat(100_000)];
  const script = `
import { replaceProcess } from ${JSON.stringify(MODULE)};
replaceProcess(["sh", "-c", 'echo $$; for w do echo "$w" | cksum; done; echo end >&2; exit 9', "sh", ...Deno.args]);
`;
  const { pid, code, stdout, stderr } = await run(script, ...words);
  const judge = await new Deno.Command("sh", {
    args: ["-c", 'for w do echo "$w" | cksum; done', "sh", ...words],
  }).output();
  assertEquals(stderr, "end\n");
  assertEquals(stdout, `${pid}\n${new TextDecoder().decode(judge.stdout)}`);
  assertEquals(code, 9);
});

Deno.test("replaceProcess() says what it could not start, and the process goes on", async () => {
  const script = `
import { replaceProcess } from ${JSON.stringify(MODULE)};
try { replaceProcess(["/no/such/program"]); } catch (error) { console.log(error.message); }
`;
  const { code, stdout } = await run(script);
  assertEquals([code, stdout], [0, 'Cannot start "/no/such/program": errno 2 (ENOENT)\n']);
});
