/**
 * Make the program a single file with fixed permissions: `build/apt-ostree`.
 *
 * @module
 */
const root = new URL("..", import.meta.url).pathname;
const permissions = Deno.readTextFileSync(`${root}bin/permissions`).split("\n")
  .filter((line) => line.startsWith("--"));
/** Modules that workers load by their path: nothing imports them. */
const workers = [
  "core/image/layer_worker.ts",
  "core/import/import_worker.ts",
  "ostree/import_worker.ts",
  "ostree/pull_worker.ts",
];
const args = [
  ...["compile", "--no-prompt", "--output", "build/apt-ostree", ...permissions],
  ...workers.flatMap((module) => ["--include", module]),
  ...Deno.args,
  "cli/main.ts",
];
Deno.mkdirSync(`${root}build`, { recursive: true });
const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).spawn().status;
Deno.exit(code);
