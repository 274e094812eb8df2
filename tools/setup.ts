import $ from "@david/dax";

/**
 * Install the Debian packages that a task needs and this machine lacks.
 *
 * Says what and why first. Without root it prints the command and fails: nothing is installed behind
 * anybody's back.
 *
 * @param lists Files with one package a line, a reason behind `#`.
 */
export async function setup(lists: readonly string[]): Promise<void> {
  const wanted = new Map(lists.flatMap((file) => parsePackages(Deno.readTextFileSync(file))));
  const missing = new Map<string, string>();
  for (const [name, reason] of wanted) {
    const state = await $`dpkg-query -W -f ${"${db:Status-Abbrev}"} ${name}`.noThrow().quiet()
      .text();
    if (!state.startsWith("ii")) missing.set(name, reason);
  }
  await installToolchain();
  if (missing.size === 0) return;
  console.log(
    `These Debian packages are missing${Deno.uid() === 0 ? " and will be installed" : ""}:`,
  );
  for (const [name, reason] of missing) console.log(`  ${name.padEnd(22)} ${reason}`);
  const command = ["apt-get", "install", "--yes", "--no-install-recommends", ...missing.keys()];
  if (Deno.uid() !== 0) {
    console.log(`\nRun this as root, then try again:\n  apt-get update && ${command.join(" ")}`);
    Deno.exit(1);
  }
  await $`apt-get update`.quiet("stdout");
  await $`${command}`.env("DEBIAN_FRONTEND", "noninteractive").quiet("stdout");
}

function parsePackages(text: string): [name: string, reason: string][] {
  return text.split("\n").filter((line) => /^[a-z0-9]/.test(line)).map((line) => {
    const [name = "", reason = ""] = line.split("#");
    return [name.trim(), reason.trim()];
  });
}

/** Put the pinned Deno where the launcher finds it at once. */
async function installToolchain(): Promise<void> {
  const dir = new URL("./toolchain", import.meta.url).pathname;
  if (await exists(`${dir}/node_modules/.bin/deno`)) return;
  await $`npm install --no-fund --no-audit --no-package-lock --prefix ${dir}`.quiet();
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  await setup(
    Deno.args.length > 0 ? Deno.args : [new URL("./packages.txt", import.meta.url).pathname],
  );
}
