/**
 * Sets of packages composed by us and installed by apt and dpkg in a chroot, compared path by path.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { Sandbox } from "@apt-ostree/sandbox";
import { checkoutSystem } from "../support/checkout_system.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { compareTrees } from "./compare_trees.ts";
import { composeSet } from "./compose_set.ts";
import { readExpectedDifferences, sortDifferences } from "./expected_differences.ts";
import { FidelityReport } from "./fidelity_report.ts";
import { judgeSystem } from "./judge_system.ts";
import { runMmdebstrap } from "./mmdebstrap.ts";
import { PACKAGE_SETS, type PackageSet } from "./package_sets.ts";
import { setArchive } from "./set_archive.ts";

const ignore = Deno.uid() !== 0 || await lacks("mmdebstrap", "unshare", "bwrap", "ostree");
/** Sets of the short run: the smallest, and one with accounts, services and keys. */
const QUICK = ["essential", "server"];
/** Some time before the oldest package of the suite was last changed. */
const EPOCH = 1_748_736_000;

readXattrs("/"); // loads the C library before a test can be blamed for it

const entries = readExpectedDifferences();
const report = new FidelityReport(entries);
let world = "";

Deno.test.beforeAll(() => {
  world = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "apt-ostree-fidelity-" });
  Deno.chmodSync(world, 0o755);
  Deno.mkdirSync(`${world}/cache`);
});

Deno.test.afterAll(async () => {
  await removeTree(world);
  report.finish();
});

for (const set of PACKAGE_SETS) {
  const name = `the set "${set.name}" is what apt and dpkg make of it, path by path`;
  Deno.test(name, { ignore: ignore || SHORT && !QUICK.includes(set.name) }, () => testSet(set));
}

Deno.test("every expected difference is still there", { ignore: ignore || SHORT }, () => {
  assertEquals(report.sets, PACKAGE_SETS.length, "Not every set came to its end");
  assertEquals(report.unused().map(({ path }) => path), []);
});

async function testSet(set: PackageSet): Promise<void> {
  const dir = `${world}/${set.name}`;
  Deno.mkdirSync(dir);
  const { documentation = true, packages } = set;
  const archive = await setArchive(set, `${dir}/archive`);
  const theirs = `${dir}/theirs`;
  Deno.writeTextFileSync(`${dir}/peer.sources`, archive.sources.replace("file:", "copy:"));
  const [ours] = await Promise.all([
    composeSet(set, archive, { cachedir: `${world}/cache`, dir }, EPOCH),
    runMmdebstrap({
      sources: `${dir}/peer.sources`,
      packages,
      documentation,
      sourceDateEpoch: EPOCH,
      root: theirs,
    }),
  ]);
  const { compared, differences } = compareTrees(ours.root, theirs);
  const sorted = sortDifferences(differences, entries);
  // Paths that were left out of the tree are missing by the word of the real dpkg as well.
  const complaints = await judgeSystem(cell(ours.root, `${dir}/cell`), { verify: documentation });
  const deployment = await checkoutSystem(ours.repo, ours.ref, `${dir}/deployment`);
  const deployed = await judgeSystem(cell(deployment, `${dir}/deployed`), { verify: true });
  report.add({ name: set.name, packages: archive.packages.length, compared, ...sorted });
  const lines = sorted.unexpected.map(({ aspect, path, detail }) => `${aspect} ${path}: ${detail}`);
  assertEquals(lines, []);
  assertEquals(complaints, []);
  assertEquals(deployed, [], "the deployment");
  await removeTree(dir);
}

/** A cell whose world is a directory; nothing in it is intercepted, so that dpkg sees all as it is. */
function cell(lower: string, directory: string): Sandbox {
  const [upper, work, merged] = ["upper", "work", "merged"].map((name) => `${directory}/${name}`);
  const overlay = { lower, upper: upper!, work: work!, merged: merged! };
  return new Sandbox({ directory, overlay, sourceDateEpoch: EPOCH, policies: [] });
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
}
