// deno-lint-ignore-file no-console -- its progress is read
/**
 * One layering in a process of its own, for `bench/assemble.ts`: `layer_child.ts REPO BASE REF SOURCES
 * APT_DIRECTORY CACHED PACKAGE...`; CACHED is `true` where package lists are not looked for.
 *
 * @module
 */
import { layerPackages } from "@apt-ostree/core";

const [repo = "", base = "", ref = "", sources = "", aptDirectory = "", cached, ...install] =
  Deno.args;
await layerPackages({
  repo,
  base,
  ref,
  change: { install },
  sources: [{ name: "bench.sources", text: Deno.readTextFileSync(sources) }],
  aptDirectory,
  cacheOnly: cached === "true",
  progress: (event) => {
    if (event.type === "phase-end") console.error(JSON.stringify(event));
  },
});
