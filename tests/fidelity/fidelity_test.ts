/**
 * Sets of packages composed by us and installed by apt and dpkg in a chroot, compared path by path; and
 * sets that are added to a base, beside composes of both.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { layerPackages } from "@apt-ostree/core";
import { Repo } from "@apt-ostree/ostree";
import { Sandbox } from "@apt-ostree/sandbox";
import { checkoutSystem } from "../support/checkout_system.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { compareTrees, type Difference } from "./compare_trees.ts";
import { composeLayers, type ComposePlace, composeSet, refOf } from "./compose_set.ts";
import { readExpectedDifferences, sortDifferences } from "./expected_differences.ts";
import { FidelityReport } from "./fidelity_report.ts";
import { judgeSystem } from "./judge_system.ts";
import { runMmdebstrap } from "./mmdebstrap.ts";
import { LAYERINGS, PACKAGE_SETS, type PackageSet } from "./package_sets.ts";
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
  Repo.init(`${world}/repo`, { mode: "bare" });
});

Deno.test.afterAll(() => {
  removeTree(world);
  report.finish();
});

for (const set of PACKAGE_SETS) {
  const name = `the set "${set.name}" is what apt and dpkg make of it, path by path`;
  Deno.test(name, { ignore: ignore || SHORT && !QUICK.includes(set.name) }, () => testSet(set));
}

for (const sets of LAYERINGS) {
  const [base, added] = sets.map((set) => set.name);
  const name = `"${added}" added to a commit of "${base}" is a compose of both, path by path`;
  Deno.test(name, { ignore: ignore || SHORT }, () => testLayering(sets));
}

Deno.test("every expected difference is still there", { ignore: ignore || SHORT }, () => {
  assertEquals(report.sets, PACKAGE_SETS.length, "Not every set came to its end");
  assertEquals(report.unused().map(({ path }) => path), []);
});

async function testSet(set: PackageSet): Promise<void> {
  const place = placeOf(set.name);
  const { dir, repo } = place;
  const { documentation = true, packages } = set;
  const archive = await setArchive(set, `${dir}/archive`);
  const theirs = `${dir}/theirs`;
  Deno.writeTextFileSync(`${dir}/peer.sources`, archive.sources.replace("file:", "copy:"));
  const [ours] = await both(
    composeSet(set, archive, place),
    runMmdebstrap({
      sources: `${dir}/peer.sources`,
      packages,
      documentation,
      sourceDateEpoch: EPOCH,
      root: theirs,
    }),
  );
  const { compared, differences } = compareTrees(ours, theirs);
  const sorted = sortDifferences(differences, entries);
  // Paths that were left out of the tree are missing by the word of the real dpkg as well.
  const complaints = await judgeSystem(cell(ours, `${dir}/cell`), { verify: documentation });
  const deployment = await checkoutSystem(repo, refOf(set), `${dir}/deployment`);
  const deployed = await judgeSystem(cell(deployment, `${dir}/deployed`), { verify: true });
  report.add({ name: set.name, packages: archive.packages.length, compared, ...sorted });
  assertEquals(sorted.unexpected.map(describe), []);
  assertEquals(complaints, []);
  assertEquals(deployed, [], "the deployment");
  removeTree(dir);
}

/** Compose the base and add the other's packages to it; compose both at once; compare the commits. */
async function testLayering([base, added]: readonly [PackageSet, PackageSet]): Promise<void> {
  const place = placeOf(`${base.name}-${added.name}`);
  const { dir, repo } = place;
  const archives = [
    await setArchive(base, `${dir}/archive-base`),
    await setArchive(added, `${dir}/archive-added`),
  ];
  const baseRef = await composeLayers([base], archives, place);
  const layered = await layerPackages({
    repo,
    base: baseRef,
    ref: `${baseRef}-layered`,
    // What the base has already is asked for as well: it counts as wanted from then on.
    change: { install: added.packages, recommends: false, allowInactive: true },
    sources: [{ name: "added.sources", text: archives[1]!.sources }],
    sourceDateEpoch: EPOCH,
  });
  if (layered.kind !== "layered") throw new Error("The base has all that should be added");
  const composedRef = await composeLayers([base, added], archives, place);
  const ours = await checkoutSystem(repo, `${baseRef}-layered`, `${dir}/layered`);
  const theirs = await checkoutSystem(repo, composedRef, `${dir}/composed`);
  const { compared, differences } = compareTrees(ours, theirs);
  const sorted = sortDifferences(differences.map(asBeforeDeployment), entries);
  const complaints = await judgeSystem(cell(ours, `${dir}/cell`), { verify: true });
  const packages = layered.difference.added.length;
  report.addLayering({ name: `${added.name} on ${base.name}`, packages, compared, ...sorted });
  assertEquals(sorted.unexpected.map(describe), []);
  assertEquals(complaints, []);
  removeTree(dir);
}

function placeOf(name: string): ComposePlace {
  const dir = `${world}/${name}`;
  Deno.mkdirSync(dir);
  return { repo: `${world}/repo`, cachedir: `${world}/cache`, dir, sourceDateEpoch: EPOCH };
}

/** The difference under the path that a file has before its tree takes the form of a deployment. */
function asBeforeDeployment(difference: Difference): Difference {
  const path = difference.path
    .replace(/^\/usr\/etc(?=\/)/, "/etc")
    .replace(/^\/usr\/share\/factory(?=\/var\/)/, "");
  return { ...difference, path };
}

function describe({ aspect, path, detail }: Difference): string {
  return `${aspect} ${path}: ${detail}`;
}

/** Both results; where one fails, not before the other has ended. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return await Promise.all([a, b]);
}

/** A cell whose world is a directory; nothing in it is intercepted, so that dpkg sees all as it is. */
function cell(lower: string, directory: string): Sandbox {
  const [upper, work, merged] = ["upper", "work", "merged"].map((name) => `${directory}/${name}`);
  const overlay = { lower, upper: upper!, work: work!, merged: merged! };
  return new Sandbox({ directory, overlay, sourceDateEpoch: EPOCH, policies: [] });
}

function removeTree(path: string): void {
  Deno.removeSync(path, { recursive: true });
}
