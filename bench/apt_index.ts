// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:apt` runs this too: a full suite's index read, searched and solved, beside apt's own
 * commands over the same lists. Both sides take turns, five times; the fastest of each counts.
 */
import { parseArgs } from "node:util";
import { PackagesIndex } from "@apt-ostree/apt";
import { hostApt } from "../tests/support/host_apt.ts";
import { measure } from "./measure.ts";

/** How often each piece of work is done. */
const TIMES = 5;
const REQUEST = ["nginx", "postgresql", "openssh-server"];

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const { root, dir } = await hostApt();
const apt = async (...argv: string[]) => {
  // What it writes must not come to lie in the memory of this process, which is measured.
  const quiet = ["sh", "-c", 'exec "$@" > /dev/null', "sh", ...argv];
  const { ms } = await measure(quiet, {
    env: { APT_CONFIG: `${dir}/apt.conf`, LC_ALL: "C.UTF-8" },
  });
  return ms;
};

const [file] = [...Deno.readDirSync(`${dir}/var/lib/apt/lists`)]
  .filter(({ name }) => name.endsWith("_Packages"))
  .map(({ name }) => `${dir}/var/lib/apt/lists/${name}`)
  .sort((a, b) => Deno.statSync(b).size - Deno.statSync(a).size);
const parse = () => {
  let fields = 0;
  for (const stanza of PackagesIndex.parse(Deno.readFileSync(file!), "Packages")) {
    fields += stanza.size;
  }
  if (fields < 100_000) throw new Error(`There are only ${fields} fields`);
};
await compare("parse every field of the index", parse, ["apt-cache", "dumpavail"], () => 1000);

const search = () => root.search(["editor", "image"]);
search();
await compare("search, warm", search, ["apt-cache", "search", "editor", "image"], () => 150);

// No answer comes from a file. Nor is the question made new by a pin: with any, apt takes 0.2 s more.
const solve = () => {
  for (const { name } of Deno.readDirSync(`${dir}/plans`)) Deno.removeSync(`${dir}/plans/${name}`);
  return root.plan({ install: REQUEST, essential: false });
};
const theirs = ["apt-get", "-q", "--simulate", "install", "--", ...REQUEST];
await compare("solve, warm", solve, theirs, (ms) => Math.round(ms + 100));

/** @param aim In milliseconds, from the peer's time. */
async function compare(
  name: string,
  work: () => unknown,
  peer: readonly string[],
  aim: (peerMs: number) => number,
): Promise<void> {
  let [ours, theirs] = [Infinity, Infinity];
  for (let at = 0; at < TIMES; at++) {
    theirs = Math.min(theirs, await apt(...peer));
    const start = performance.now();
    await work();
    ours = Math.min(ours, performance.now() - start);
  }
  print(name, ours, theirs, aim(theirs));
}

/** @param aim In milliseconds. */
function print(name: string, ours: number, theirs: number, aim: number): void {
  const status = Deno.readTextFileSync("/proc/self/status");
  const mib = Math.round(Number(/^VmHWM:\s*(\d+)/m.exec(status)![1]) / 1024);
  const row = {
    bench: "apt",
    case: name,
    ours_ms: Math.round(ours),
    peer: "apt",
    peer_ms: Math.round(theirs),
    ratio: Number((ours / theirs).toFixed(3)),
    aim: Number((aim / theirs).toFixed(3)),
    peak_mib: mib,
  };
  if (values.json) return console.log(JSON.stringify(row));
  const number = (ms: number) => `${Math.round(ms)} ms`.padStart(8);
  console.log(
    `${name.padEnd(32)}${number(ours)}${number(theirs)}  ratio ${row.ratio.toFixed(2)}` +
      ` (aim ${number(aim).trim()})  peak ${mib} MiB`,
  );
}
