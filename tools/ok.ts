/**
 * The quick gate: everything that must hold before a change is shown to others.
 *
 * @module
 */
import $ from "@david/dax";

const MEMBERS = ["base", "apt", "ostree", "sandbox", "oci", "core", "cli"];
const modules = MEMBERS.map((member) => `${member}/mod.ts`);

const steps: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["format", ["fmt", "--check", "--quiet"]],
  ["lint", ["lint", "--quiet"]],
  ["documentation", ["doc", "--lint", ...modules]],
  ["layers", ["run", "--allow-read", "tools/check_layers.ts"]],
  ["types and examples", ["check", "--quiet", "--doc", "."]],
  ["unit tests", ["run", "-A", "tools/run_tests.ts", "unit"]],
  ["publishing", ["publish", "--dry-run", "--allow-dirty", "--quiet"]],
];

for (const [name, args] of steps) {
  const start = performance.now();
  const { code, stdout, stderr } = await $`${Deno.execPath()} ${args}`.noThrow().stdout("piped")
    .stderr("piped");
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (code === 0) continue;
  console.log(stdout + stderr);
  Deno.exit(1);
}
