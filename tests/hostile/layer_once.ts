// deno-lint-ignore-file no-console -- prints the commit
/**
 * Change the packages of a base once, for tests that kill it meanwhile.
 *
 * `layer_once.ts REPO SOURCES`: adds `changed`, upgrades `old`, removes `gone`; the base is `test/x`, the
 * result `test/y`. Prints the commit.
 *
 * @module
 */
import { layerPackages } from "@apt-ostree/core";

const [repo = "", sources = ""] = Deno.args;
const { commit } = await layerPackages({
  repo,
  base: "test/x",
  ref: "test/y",
  change: { install: ["changed"], upgrade: ["old"], remove: ["gone"] },
  sources: [{ name: "archive.sources", text: Deno.readTextFileSync(sources) }],
});
console.log(commit);
