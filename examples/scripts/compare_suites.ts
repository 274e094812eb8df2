// deno-lint-ignore-file no-console -- a script
/**
 * Show which packages of two Packages indexes differ in version.
 *
 * `deno run --allow-read compare_suites.ts OLD NEW`; both are files, for example from
 * `/var/lib/apt/lists`, not compressed.
 */
import { compareVersions, PackagesIndex } from "@apt-ostree/apt";

const [oldFile, newFile] = Deno.args;
if (!oldFile || !newFile) throw new Error("Usage: compare_suites.ts OLD NEW");

/** The newest version of each package. */
function newest(file: string): Map<string, string> {
  const versions = new Map<string, string>();
  for (const stanza of PackagesIndex.parse(Deno.readFileSync(file), file)) {
    const [name, version] = [stanza.get("Package")!, stanza.get("Version")!];
    const known = versions.get(name);
    if (known === undefined || compareVersions(known, version) < 0) versions.set(name, version);
  }
  return versions;
}

const before = newest(oldFile);
const after = newest(newFile);
for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
  const [from, to] = [before.get(name), after.get(name)];
  if (from === undefined) console.log(`+ ${name} ${to}`);
  else if (to === undefined) console.log(`- ${name} ${from}`);
  else if (from !== to) {
    console.log(`${compareVersions(from, to) < 0 ? ">" : "<"} ${name} ${from} -> ${to}`);
  }
}
