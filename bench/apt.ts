// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:apt [--json] [--runs=3]`
 *
 * Import of eight large packages from the suite of this machine into a bare repository, beside
 * `dpkg-deb --fsys-tarfile` of the same packages to nowhere, as many at once as there are cores: what
 * any reader of .debs has to do at least; and beside `dpkg-deb --extract`, which also makes the files.
 * Runs alternate, the fastest of each side counts.
 */
import { parseArgs } from "node:util";
import { hostRunner } from "@apt-ostree/base";
import { namedDebs, type RealDeb } from "../tests/support/real_debs.ts";
import type { ImportJob } from "./import_child.ts";
import { measure, type Measurement } from "./measure.ts";

/** Large packages of several kinds: programs, libraries, headers, pages, fonts, data. */
const PACKAGES = [
  "docker.io",
  "openjdk-17-jre-headless",
  "llvm-14-dev",
  "libqt5webenginecore5",
  "fonts-noto-cjk",
  "linux-doc-6.1",
  "qemu-system-misc",
  "kicad",
];
/** A package of 60,000 files and links, whose import is the work of the filesystem. */
const MANY_FILES = "papirus-icon-theme";
const CHILD = new URL("./import_child.ts", import.meta.url).pathname;
/** Ratio that the project aims at. */
const AIM = 1.15;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "3" },
  },
});

const work = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-bench-" });
let repos = 0;
try {
  await bench("import of eight packages", PACKAGES);
  await bench("import of 60,000 files", [MANY_FILES]);
} finally {
  await Deno.remove(work, { recursive: true });
}

async function bench(name: string, packages: readonly string[]): Promise<void> {
  note(`Fetching ${packages.length} packages, unless that was done before`);
  const debs = await namedDebs(packages);
  // The largest first, as they are fetched.
  const bytes = ({ fields }: RealDeb) => Number(fields.get("Size"));
  const jobs: ImportJob[] = debs.toSorted((a, b) => bytes(b) - bytes(a)).map((deb) => ({
    name: deb.fields.get("Package")!,
    version: deb.fields.get("Version")!,
    architecture: deb.fields.get("Architecture")!,
    sha256: deb.fields.get("SHA256")!,
    path: deb.path,
  }));
  await Deno.writeTextFile(`${work}/jobs.json`, JSON.stringify(jobs));
  const paths = jobs.map(({ path }) => path);
  const ours: Measurement[] = [];
  const readers: Measurement[] = [];
  const writers: Measurement[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    readers.push(await measurePeer("dpkg-deb --fsys-tarfile {} > /dev/null", paths));
    ours.push(await measureOurs());
    const dir = `${work}/files-${repos}`;
    writers.push(await measurePeer(`mkdir -p ${dir}; dpkg-deb --extract {} ${dir}`, paths));
  }
  print(name, fastest(ours), "dpkg-deb --fsys-tarfile", fastest(readers), AIM);
  print(name, fastest(ours), "dpkg-deb --extract", fastest(writers), undefined);
}

/** Import into a repository of its own; nothing is removed between the runs. */
async function measureOurs(): Promise<Measurement> {
  const repo = `${work}/repo-${repos++}`;
  await hostRunner.run(["ostree", "init", `--repo=${repo}`, "--mode=bare"]);
  return await measure([Deno.execPath(), "run", "-A", CHILD, repo, `${work}/jobs.json`]);
}

function measurePeer(command: string, paths: readonly string[]): Promise<Measurement> {
  const script = `printf "%s\\n" "$@" | xargs -P "$(nproc)" -I{} sh -c "${command}"`;
  return measure(["sh", "-c", script, "sh", ...paths]);
}

function fastest(runs: readonly Measurement[]): Measurement {
  return runs.reduce((best, each) => each.ms < best.ms ? each : best);
}

function print(
  name: string,
  ours: Measurement,
  peerName: string,
  peer: Measurement,
  aim: number | undefined,
): void {
  const row = {
    bench: "apt",
    case: name,
    ours_ms: Math.round(ours.ms),
    peer: peerName,
    peer_ms: Math.round(peer.ms),
    ratio: Number((ours.ms / peer.ms).toFixed(3)),
    ...(aim === undefined ? {} : { aim }),
    peak_mib: ours.denoMib,
  };
  if (values.json) return console.log(JSON.stringify(row));
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`.padStart(8);
  console.log(
    `${name.padEnd(26)}${seconds(ours.ms)}  ${peerName.padEnd(24)}${seconds(peer.ms)}  ratio ` +
      `${row.ratio.toFixed(2)}${
        aim === undefined ? "" : ` (aim ${aim})`
      }  peak ${row.peak_mib} MiB`,
  );
}

function note(text: string): void {
  if (!values.json) console.log(text);
}
