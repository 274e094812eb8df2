// deno-lint-ignore-file no-console -- a script
/**
 * Print why a package would be installed: the shortest chain of dependencies from one that was asked for.
 *
 * `deno run -A why.ts WANTED PACKAGE...`, for example `why.ts libssl3 nginx`. Asks the apt of this
 * machine in a root of its own; nothing is installed.
 */
import { AptRoot, parseDependencies, readHostSources } from "@apt-ostree/apt";

const [wanted, ...install] = Deno.args;
if (!wanted || install.length === 0) throw new Error("Usage: why.ts WANTED PACKAGE...");

const dir = await Deno.makeTempDir();
try {
  const architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  const apt = await AptRoot.create({
    dir,
    architecture,
    sources: readHostSources(),
    hostDates: true,
  });
  await apt.update();
  const { packages } = await apt.plan({ install, essential: false });
  const planned = new Map(packages.map((each) => [each.name, each]));
  const queue = install.map((name) => [name]);
  const seen = new Set(install);
  let found = false;
  for (let chain; (chain = queue.shift()) !== undefined;) {
    const name = chain.at(-1)!;
    if (name === wanted) {
      console.log(chain.join(" -> "));
      found = true;
      break;
    }
    for (const field of ["Pre-Depends", "Depends", "Recommends"]) {
      for (const next of parseDependencies(planned.get(name)?.fields.get(field) ?? "").flat()) {
        if (seen.has(next.name) || !planned.has(next.name)) continue;
        seen.add(next.name);
        queue.push([...chain, next.name]);
      }
    }
  }
  if (!found) console.log(`${install.join(", ")} can be installed without ${wanted}`);
} finally {
  await Deno.remove(dir, { recursive: true });
}
