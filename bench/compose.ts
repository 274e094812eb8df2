// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:compose [--json] [--mode=archive,bare] [--treefile=FILE]`
 *
 * Our compose of the minimal example, beside what a user would pick instead: mmdebstrap, tuned, and
 * `ostree commit`. Both fetch from the same mirror on loopback, both commit to the same kind of
 * repository, both install the same versions of the same packages, which is checked.
 *
 * Nothing is removed before the end: a filesystem that has just lost many files can be slow to make
 * new ones, and would be so for one side.
 */
import { parseArgs } from "node:util";
import { parseDeb822 } from "@apt-ostree/apt";
import { ArchiveMirror } from "./archive_mirror.ts";
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

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    mode: { type: "string", default: "archive,bare" },
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

  note("Fetching everything once, so that nothing measured waits for a network");
  await warmPeer(peer("warm", [ON_TOP, IN_LIST], ""));
  await compose("added.yaml", "warm-repo", "warm-cache", ["--dry-run"], "archive");
  mirror.freeze();

  for (const mode of values.mode.split(",")) {
    const repo = await initRepo(`peer-${mode}`, mode);
    note(`${mode} repository: mmdebstrap and ostree commit, then ours`);
    const peerCold = await measurePeer(peer(`peer-cold-${mode}`, [], repo));
    const theirs = await installedPackages(`${work}/peer-cold-${mode}`);

    const ours = (treefile: string) => compose(treefile, `repo-${mode}`, `cache-${mode}`, [], mode);
    const cold = await ours("base.yaml");
    await checkSamePackages(`${work}/repo-${mode}`, theirs);
    const unchanged = await ours("base.yaml");

    const peerOnTop = await measurePeer(peer(`peer-top-${mode}`, [ON_TOP], repo));
    const onTop = await ours("added.yaml");
    const peerInList = await measurePeer(peer(`peer-list-${mode}`, [IN_LIST], repo));
    const inList = await ours("edited.json");

    print(`cold, ${mode}`, cold, peerCold, 0.8);
    print(`nothing changed, ${mode}`, unchanged, peerCold, 0.03);
    print(`one package on top, ${mode}`, onTop, peerOnTop, 0.35);
    print(`one more in the list, ${mode}`, inList, peerInList, 0.35);
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

/** Fail unless our commit has the packages of the peer's root filesystem. */
async function checkSamePackages(repo: string, theirs: readonly string[]): Promise<void> {
  const { stdout } = await new Deno.Command("ostree", {
    args: ["cat", `--repo=${repo}`, REF, "/usr/lib/sysimage/dpkg/status"],
  }).output();
  const status = parseDeb822(new TextDecoder().decode(stdout), "status");
  const ours = status.map((each) => `${each.get("Package")} ${each.get("Version")}`).sort();
  const differ = [
    ...ours.filter((each) => !theirs.includes(each)).map((each) => `only ours: ${each}`),
    ...theirs.filter((each) => !ours.includes(each)).map((each) => `only the peer's: ${each}`),
  ];
  if (differ.length > 0) throw new Error(`Cannot compare: ${differ.join(", ")}`);
  note(`${ours.length} packages on both sides`);
}

function print(name: string, ours: Measurement, peer: Measurement, aim: number): void {
  const row: Row = {
    bench: "compose",
    case: name,
    ours_ms: Math.round(ours.ms),
    peer: "mmdebstrap + ostree commit",
    peer_ms: Math.round(peer.ms),
    ratio: Number((ours.ms / peer.ms).toFixed(3)),
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
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(8);
  console.log(
    `${name.padEnd(28)}${seconds(ours.ms)}${seconds(peer.ms)}  ratio ${row.ratio.toFixed(2)}` +
      ` (aim ${aim})  peak ${row.peak_mib} MiB, ${row.child} ${row.child_peak_mib} MiB`,
  );
  const phases = Object.entries(row.phases).map(([phase, ms]) => `${phase} ${seconds(ms).trim()}`);
  if (phases.length > 0) console.log(`  ${phases.join(", ")}`);
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
