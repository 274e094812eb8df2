// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:compose [--json] [--mode=archive,bare] [--runs=1] [--treefile=FILE]`
 *
 * Our compose of the minimal example, beside what a user would pick instead: mmdebstrap, tuned, and
 * `ostree commit`; and debos where it is installed. All fetch from the same mirror on loopback and
 * commit to the same kind of repository; mmdebstrap installs the same versions of the same packages,
 * which is checked, debos those and what debootstrap holds to be required. Of several runs the median
 * of each side counts.
 *
 * Nothing is removed before the end: a filesystem that has just lost many files can be slow to make
 * new ones, and would be so for one side.
 */
import { parseArgs } from "node:util";
import { parseDeb822 } from "@apt-ostree/apt";
import { lacks } from "../tests/support/lacks.ts";
import { ArchiveMirror } from "./archive_mirror.ts";
import { DEBOS_PROGRAMS, measureDebos } from "./debos_peer.ts";
import { measure, type Measurement } from "./measure.ts";
import { installedPackages, measurePeer, type PeerInput, warmPeer } from "./mmdebstrap_peer.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BUILD = `${ROOT}build/bench`;
const PROGRAM = `${ROOT}bin/apt-ostree`;
const ENV = { APT_OSTREE_DENO: Deno.execPath() };
const REF = "bench/compose";
/** Packages with a maintainer script that no example has: one for each way to add one. */
const [ON_TOP, IN_LIST] = ["less", "ed"];

/** One line of the result. */
interface Row {
  readonly bench: "compose";
  readonly case: string;
  readonly ours_ms: number;
  readonly peer: string;
  readonly peer_ms: number;
  readonly ratio: number;
  /** Processors' time of both sides in seconds, and its ratio. */
  readonly ours_cpu_s: number;
  readonly peer_cpu_s: number;
  readonly cpu_ratio: number;
  /** Ratio that the project aims at. */
  readonly aim: number;
  /** Peak of our own processes, in MiB. */
  readonly peak_mib: number;
  /** Peak of the largest program that we started, in MiB, and its name. */
  readonly child_peak_mib: number;
  readonly child: string;
  /** Our phases, in milliseconds. */
  readonly phases: Readonly<Record<string, number>>;
}

/** Ours and a peer at one case. */
interface Case {
  readonly name: string;
  readonly ours: Measurement;
  readonly peerName: string;
  readonly peer: Measurement;
  /** Ratio that the project aims at, beside mmdebstrap. */
  readonly aim: number;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    mode: { type: "string", default: "archive,bare" },
    runs: { type: "string", default: "1" },
    treefile: { type: "string", default: "examples/debian-minimal.yaml" },
  },
});

await Deno.mkdir(BUILD, { recursive: true });
const work = await Deno.makeTempDir({ dir: BUILD, prefix: "work-" });
try {
  await using mirror = new ArchiveMirror(`${BUILD}/archive`);
  await writeTreefiles(mirror.sources);
  const base = await readTreefile("base.yaml");
  const { packages } = base;
  // The same list with one package more: no layer of its own tells what was there before.
  const edited = { ...base, packages: [...packages, IN_LIST], repos: ["mirror"], ref: REF };
  await Deno.writeTextFile(`${work}/edited.json`, JSON.stringify(edited));
  const suite = /^Suites: (\S+)/m.exec(mirror.sources)?.[1] ?? "";
  const sources = `${work}/mirror.sources`;
  const peer = (name: string, more: readonly string[], repo: string): PeerInput => ({
    sources,
    suite,
    packages: [...packages, ...more],
    repo,
    ref: REF,
    root: `${work}/${name}`,
  });

  const debos = !await lacks(...DEBOS_PROGRAMS);
  const debosMirror = /^URIs: (\S+)/m.exec(mirror.sources)?.[1] ?? "";

  note("Fetching everything once, so that nothing measured waits for a network");
  await warmPeer(peer("warm", [ON_TOP, IN_LIST], ""));
  await compose("added.yaml", "warm-repo", "warm-cache", ["--dry-run"], "archive");
  if (debos) {
    const repo = await initRepo("warm-debos-repo", "archive");
    await measureDebos(peer("warm-debos", [ON_TOP, IN_LIST], repo), debosMirror);
  } else note("debos is not installed, and left out");
  mirror.freeze();

  for (const mode of values.mode.split(",")) {
    const runs: Case[][] = [];
    for (let run = 0; run < Number(values.runs); run++) {
      note(`${mode} repository, run ${run + 1}: the peers, then ours`);
      const cases = await measureCases(mode, `${mode}-${run}`);
      for (const { name, ours, peerName, peer } of cases) {
        const cpu = `, of processors ${ours.cpu.toFixed(1)} and ${peer.cpu.toFixed(1)} s`;
        note(`  ${name}: ${seconds(ours.ms)}, ${peerName} ${seconds(peer.ms)}${cpu}`);
      }
      runs.push(cases);
    }
    for (const [at, { name, peerName, aim }] of runs[0]!.entries()) {
      const median = (side: "ours" | "peer") => medianOf(runs.map((each) => each[at]![side]));
      print(`${name}, ${mode}`, median("ours"), peerName, median("peer"), aim);
    }
  }

  /** Every case once, in repositories and with a cache that are new. */
  async function measureCases(mode: string, id: string): Promise<Case[]> {
    const repo = await initRepo(`peer-${id}`, mode);
    const peerCold = await measurePeer(peer(`peer-cold-${id}`, [], repo));
    const theirs = await installedPackages(`${work}/peer-cold-${id}`);
    const debosRepo = await initRepo(`debos-${id}`, mode);
    const debosCold = debos
      ? await measureDebos(peer(`debos-cold-${id}`, [], debosRepo), debosMirror)
      : undefined;

    const ours = (treefile: string) => compose(treefile, `repo-${id}`, `cache-${id}`, [], mode);
    const cold = await ours("base.yaml");
    const packages = await committedPackages(`${work}/repo-${id}`);
    checkSamePackages(packages, theirs);
    if (debos) checkContains(await committedPackages(debosRepo), packages);
    const unchanged = await ours("base.yaml");

    const peerOnTop = await measurePeer(peer(`peer-top-${id}`, [ON_TOP], repo));
    const onTop = await ours("added.yaml");
    const peerInList = await measurePeer(peer(`peer-list-${id}`, [IN_LIST], repo));
    const inList = await ours("edited.json");

    const beside = (name: string, ours: Measurement, peer: Measurement, aim: number): Case[] => [
      { name, ours, peerName: "mmdebstrap", peer, aim },
      ...(debosCold ? [{ name, ours, peerName: "debos", peer: debosCold, aim }] : []),
    ];
    return [
      ...beside("cold", cold, peerCold, 0.6),
      ...beside("nothing changed", unchanged, peerCold, 0.03),
      ...beside("one package on top", onTop, peerOnTop, 0.25),
      ...beside("one more in the list", inList, peerInList, 0.25),
    ];
  }
} finally {
  await Deno.remove(work, { recursive: true });
}

async function writeTreefiles(sources: string): Promise<void> {
  await Deno.writeTextFile(`${work}/mirror.sources`, sources);
  // Sources are looked for beside the file that is composed, so both name them.
  const write = (name: string, ...lines: string[]) =>
    Deno.writeTextFile(`${work}/${name}`, [...lines, "repos: [mirror]", ""].join("\n"));
  await write("base.yaml", `include: ../../../${values.treefile}`, `ref: ${REF}`);
  await write("added.yaml", "include: base.yaml", `packages: [${ON_TOP}]`);
}

/** Merged form of a treefile. */
async function readTreefile(treefile: string): Promise<{ readonly packages: string[] }> {
  const { stdout, stderr, success } = await new Deno.Command(PROGRAM, {
    args: ["compose", "tree", "--print-only", `${work}/${treefile}`],
    env: ENV,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { basearch: _, ...fields } = JSON.parse(new TextDecoder().decode(stdout));
  return fields;
}

async function compose(
  treefile: string,
  repo: string,
  cache: string,
  more: readonly string[],
  mode: string,
): Promise<Measurement> {
  if (!await isThere(repo)) await initRepo(repo, mode);
  const options = [`--repo=${work}/${repo}`, `--cachedir=${work}/${cache}`, "--json", ...more];
  await Deno.mkdir(`${work}/${cache}`, { recursive: true });
  return await measure([PROGRAM, "compose", "tree", ...options, `${work}/${treefile}`], {
    env: ENV,
  });
}

async function initRepo(name: string, mode: string): Promise<string> {
  const repo = `${work}/${name}`;
  await measure(["ostree", "init", `--repo=${repo}`, `--mode=${mode}`]);
  return repo;
}

/** Names and versions of the packages in a commit, in order. */
async function committedPackages(repo: string): Promise<string[]> {
  for (const path of ["/usr/lib/sysimage/dpkg/status", "/var/lib/dpkg/status"]) {
    const { stdout, success } = await new Deno.Command("ostree", {
      args: ["cat", `--repo=${repo}`, REF, path],
    }).output();
    if (!success) continue;
    const status = parseDeb822(new TextDecoder().decode(stdout), "status");
    return status.map((each) => `${each.get("Package")} ${each.get("Version")}`).sort();
  }
  throw new Error(`The commit in "${repo}" has no dpkg database`);
}

/** Fail unless the peer's root file system has the packages of our commit. */
function checkSamePackages(ours: readonly string[], theirs: readonly string[]): void {
  const differ = [
    ...ours.filter((each) => !theirs.includes(each)).map((each) => `only ours: ${each}`),
    ...theirs.filter((each) => !ours.includes(each)).map((each) => `only the peer's: ${each}`),
  ];
  if (differ.length > 0) throw new Error(`Cannot compare: ${differ.join(", ")}`);
  note(`${ours.length} packages on both sides`);
}

/** Fail unless the peer's commit has all packages of ours; it may have more. */
function checkContains(theirs: readonly string[], ours: readonly string[]): void {
  const missing = ours.filter((each) => !theirs.includes(each));
  if (missing.length > 0) throw new Error(`Cannot compare: only ours: ${missing.join(", ")}`);
  const more = theirs.filter((each) => !ours.includes(each)).map((each) => each.split(" ")[0]);
  note(`debos has ${more.length} packages more: ${more.join(" ")}`);
}

/** The measurement in the middle. */
function medianOf(runs: readonly Measurement[]): Measurement {
  return runs.toSorted((a, b) => a.ms - b.ms)[runs.length >> 1]!;
}

function print(
  name: string,
  ours: Measurement,
  peerName: string,
  peer: Measurement,
  aim: number,
): void {
  const row: Row = {
    bench: "compose",
    case: name,
    ours_ms: Math.round(ours.ms),
    peer: peerName,
    peer_ms: Math.round(peer.ms),
    ratio: Number((ours.ms / peer.ms).toFixed(3)),
    ours_cpu_s: Number(ours.cpu.toFixed(1)),
    peer_cpu_s: Number(peer.cpu.toFixed(1)),
    cpu_ratio: Number((ours.cpu / peer.cpu).toFixed(3)),
    aim,
    peak_mib: ours.denoMib,
    child_peak_mib: ours.otherMib,
    child: ours.otherName,
    phases: ours.phases,
  };
  if (values.json) {
    console.log(JSON.stringify(row));
    return;
  }
  console.log(
    `${name.padEnd(30)}${seconds(ours.ms)}  ${peerName.padEnd(10)}${seconds(peer.ms)}  ratio ${
      row.ratio.toFixed(2)
    }` +
      ` (aim ${aim}), CPU ${
        row.cpu_ratio.toFixed(2)
      }  peak ${row.peak_mib} MiB, ${row.child} ${row.child_peak_mib} MiB`,
  );
  const phases = Object.entries(row.phases).map(([phase, ms]) => `${phase} ${seconds(ms).trim()}`);
  if (phases.length > 0 && peerName === "mmdebstrap") console.log(`  ${phases.join(", ")}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(8);
}

function note(text: string): void {
  if (!values.json) console.log(text);
}

async function isThere(name: string): Promise<boolean> {
  try {
    return (await Deno.stat(`${work}/${name}`)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
