import { assert } from "@std/assert";

const SCRIPTS = new URL("../../examples/scripts/", import.meta.url).pathname;

/** Run an example script with the permissions that its own text names. @returns What it wrote. */
export async function example(name: string, ...args: string[]): Promise<string> {
  const text = await Deno.readTextFile(SCRIPTS + name);
  const permissions = /deno run ((?:-\S+ )+)/.exec(text)![1]!.trim().split(" ");
  const argv = ["run", "--no-prompt", ...permissions, SCRIPTS + name, ...args];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: argv })
    .output();
  assert(success, `${name}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
