/**
 * Refuse imports against the order of the members: `cli, daemon → core → apt, ostree, sandbox, oci →
 * base`, and imports that reach into another member past its `mod.ts`.
 *
 * @module
 */

/** What each member may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  apt: ["base"],
  ostree: ["base"],
  sandbox: ["base"],
  oci: ["base"],
  core: ["base", "apt", "ostree", "sandbox", "oci"],
  cli: ["base", "apt", "ostree", "core"],
};

const root = new URL("..", import.meta.url).pathname;
const problems: string[] = [];
for (const [member, allowed] of Object.entries(ALLOWED)) {
  for (const file of sources(`${root}${member}`)) {
    const text = Deno.readTextFileSync(file);
    const isTest = /_(test|bench)\.ts$/.test(file);
    for (const [, specifier = ""] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      const name = /^@apt-ostree\/([^/]+)(\/.*)?$/.exec(specifier);
      const shown = `${file.slice(root.length)} imports "${specifier}"`;
      if (name && !allowed.includes(name[1]!) && name[1] !== member) {
        problems.push(`${shown}: against the layers`);
      }
      if (name?.[2] !== undefined) problems.push(`${shown}: past mod.ts`);
      if (!specifier.startsWith(".") || isTest) continue;
      const target = new URL(specifier, `file://${file}`).pathname;
      if (!target.startsWith(`${root}${member}/`)) problems.push(`${shown}: outside its member`);
    }
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);

/** All modules below a directory; examples in documentation are no imports of the module. */
function* sources(dir: string): Generator<string> {
  for (const entry of Deno.readDirSync(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}
