// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:assemble [--json] [--runs=3] [--small-only]`
 *
 * Packages added to a composed base, beside what tools for Debian images do: check out by hard links,
 * `apt-get install` in a chroot, `ostree commit`. The same on a base with ten times the files and
 * packages, which should cost the same. Both sides have their .debs and package lists already; neither
 * has the packages imported, or the question answered.
 */
import { parseArgs } from "node:util";
import { parseDeb822 } from "@apt-ostree/apt";
import { ArchiveMirror } from "./archive_mirror.ts";
import { makeBulkArchive } from "./bulk_archive.ts";
import { measureChroot } from "./chroot_peer.ts";
import { measure, type Measurement } from "./measure.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BUILD = `${ROOT}build/bench`;
const PROGRAM = `${ROOT}bin/apt-ostree`;
const CHILD = new URL("./layer_child.ts", import.meta.url).pathname;
const ENV = { APT_OSTREE_DENO: Deno.execPath() };

/** What is added, and the ratio that the project aims at. */
const CASES = [
  { name: "one package without scripts", packages: ["tree"], aim: 0.05 },
  { name: "one package with scripts", packages: ["less"], aim: 0.15 },
  {
    name: "many packages",
    packages: ["git", "python3", "curl", "nano", "rsync", "tmux", "jq", "strace", "file"],
    aim: 0.3,
  },
] as const;

const PEER = "checkout -H, chroot apt-get, ostree commit";
const LINKED = `${PEER} --link-checkout-speedup`;
/** Ratio of our time on the large base to that on the small one. */
const AIM_LARGE = 1.3;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "3" },
    "small-only": { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
let roots = 0;

await Deno.mkdir(BUILD, { recursive: true });
const work = await Deno.makeTempDir({ dir: BUILD, prefix: "assemble-" });
try {
  await using mirror = new ArchiveMirror(`${BUILD}/archive`);
  const sources = `${work}/mirror.sources`;
  await Deno.writeTextFile(sources, mirror.sources);
  const small = await makeBase("small", [], []);
  note("Fetching everything once, so that nothing measured waits for a network");
  await warm(small);
  mirror.freeze();
  const times = new Map<string, number>();
  for (const { name, packages, aim } of CASES) {
    const theirs = await repeat(() => peer(small, packages));
    await forgetCheckouts(small);
    const first = await ours(small, packages);
    const mine = await repeat(() => ours(small, packages));
    const count = await checkSamePackages(small);
    times.set(name, mine.ms);
    const title = `${name}${packages.length > 1 ? ` (${count})` : ""}`;
    if (packages.length === 1 && name.includes("with scripts")) {
      print(`${title}, the first on its base`, first, theirs, aim);
    }
    print(title, mine, theirs, aim);
    const linked = await repeat(() => peer(small, packages, { linked: true }));
    print(title, mine, linked, undefined, LINKED);
  }
  if (!values["small-only"]) {
    const bulk = await makeBulkArchive(`${BUILD}/bulk`);
    await Deno.writeTextFile(`${work}/bulk.sources`, bulk.sources);
    const large = await makeBase("large", bulk.names, ["bulk"]);
    await warm(large);
    for (const { name, packages } of CASES) {
      const mine = await repeat(() => ours(large, packages));
      const theirs = await peer(large, packages);
      print(`${name}, large base`, mine, theirs);
      const before: Pick<Measurement, "ms"> = { ms: times.get(name)! };
      print(`${name}, large base`, mine, before, AIM_LARGE, "ours on the small base");
    }
  }
} finally {
  await Deno.remove(work, { recursive: true });
}

/** Two equal repositories with a base, `base`: one for us, one for the peer. */
async function makeBase(name: string, more: readonly string[], repos: readonly string[]) {
  const treefile = `${work}/${name}.yaml`;
  const lines = [
    "include: ../../../examples/debian-minimal.yaml",
    "ref: base",
    `repos: [${["mirror", ...repos].join(", ")}]`,
    ...(more.length > 0 ? [`packages: [${more.join(", ")}]`] : []),
  ];
  await Deno.writeTextFile(treefile, `${lines.join("\n")}\n`);
  const repo = `${work}/${name}`;
  await measure(["ostree", "init", `--repo=${repo}`, "--mode=bare"]);
  const cache = `--cachedir=${BUILD}/assemble-cache`;
  await measure([PROGRAM, "compose", "tree", `--repo=${repo}`, cache, treefile], { env: ENV });
  await measure(["ostree", "init", `--repo=${repo}-peer`, "--mode=bare"]);
  await measure(["ostree", "pull-local", "--disable-fsync", `--repo=${repo}-peer`, repo, "base"]);
  note(`base "${name}": ${await count(repo)} paths`);
  return { name, repo };
}

type Base = Awaited<ReturnType<typeof makeBase>>;

/** Fetch package lists and packages on both sides; afterwards nobody looks for newer ones. */
async function warm(base: Base): Promise<void> {
  for (const { packages } of CASES) await ours(base, packages, false);
  for (const { packages } of CASES) await peer(base, packages, { update: true });
}

/** Layer, with neither the packages imported nor the question answered. */
async function ours(
  { name, repo }: Base,
  packages: readonly string[],
  cached = true,
): Promise<Measurement> {
  const apt = `${work}/apt-${name}`;
  const forget = 'for ref in $(ostree refs --repo="$1" aptostree/pkg); do ' +
    'ostree refs --repo="$1" --delete aptostree/pkg/$ref; done; rm -f "$2"/plans/*';
  await measure(["sh", "-ec", forget, "sh", repo, apt]);
  const args = [repo, "base", "result", `${work}/mirror.sources`, apt, `${cached}`, ...packages];
  return await measure([Deno.execPath(), "run", "-A", "--no-check", CHILD, ...args]);
}

async function peer(
  { name, repo }: Base,
  packages: readonly string[],
  how: { readonly update?: boolean; readonly linked?: boolean } = {},
): Promise<Measurement> {
  return await measureChroot({
    repo: `${repo}-peer`,
    base: "base",
    ref: "result",
    root: `${work}/root-${roots++}`,
    sources: `${work}/mirror.sources`,
    apt: `${work}/peer-apt-${name}`,
    packages,
    update: how.update ?? false,
    linked: how.linked ?? false,
  });
}

async function forgetCheckouts({ repo }: Base): Promise<void> {
  await measure(["rm", "-rf", `${repo}/extensions/aptostree/bases`]);
}

/** The run of median time. */
async function repeat(run: () => Promise<Measurement>): Promise<Measurement> {
  const all: Measurement[] = [];
  for (let at = 0; at < runs; at++) all.push(await run());
  return all.sort((a, b) => a.ms - b.ms)[Math.floor(runs / 2)]!;
}

/** Fail unless both results have the same packages. @returns How many were added. */
async function checkSamePackages({ repo }: Base): Promise<number> {
  const packagesOf = async (path: string, ref: string) => {
    const { stdout } = await measure([
      ...["ostree", "cat", `--repo=${path}`, ref],
      "/usr/lib/sysimage/dpkg/status",
    ]);
    return parseDeb822(stdout, "status").map((each) =>
      `${each.get("Package")} ${each.get("Version")}`
    );
  };
  const mine = await packagesOf(repo, "result");
  const theirs = new Set(await packagesOf(`${repo}-peer`, "result"));
  const differ = mine.filter((each) => !theirs.has(each));
  if (differ.length > 0 || mine.length !== theirs.size) {
    throw new Error(`Cannot compare: ${differ.join(", ")}; ${mine.length}, ${theirs.size}`);
  }
  return mine.length - (await packagesOf(repo, "base")).length;
}

async function count(repo: string): Promise<number> {
  const { stdout } = await measure(["ostree", "ls", "-R", `--repo=${repo}`, "base"]);
  return stdout.trim().split("\n").length;
}

function print(
  name: string,
  mine: Measurement,
  other: Pick<Measurement, "ms">,
  aim?: number,
  peerName = PEER,
): void {
  const row = {
    bench: "assemble",
    case: name,
    ours_ms: Math.round(mine.ms),
    peer: peerName,
    peer_ms: Math.round(other.ms),
    ratio: Number((mine.ms / other.ms).toFixed(3)),
    ...(aim === undefined ? {} : { aim }),
    peak_mib: mine.denoMib,
    phases: mine.phases,
  };
  if (values.json) return console.log(JSON.stringify(row));
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`.padStart(9);
  const beside = aim === undefined ? "" : ` (aim ${aim})`;
  console.log(
    `${name.padEnd(48)}${seconds(mine.ms)}${seconds(other.ms)}  ratio ${
      row.ratio.toFixed(2)
    }${beside}  peak ${row.peak_mib} MiB, beside ${peerName}`,
  );
  const phases = Object.entries(row.phases).map(([phase, ms]) => `${phase} ${seconds(ms).trim()}`);
  if (phases.length > 0) console.log(`  ${phases.join(", ")}`);
}

function note(text: string): void {
  if (!values.json) console.log(text);
}
