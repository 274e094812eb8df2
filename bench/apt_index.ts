// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:apt` runs this too: a full suite's index read, searched and solved, beside apt's own
 * commands over the same lists. What takes moments is done five times; the median counts.
 */
import { parseArgs } from "node:util";
import { type AptRoot, PackagesIndex } from "@apt-ostree/apt";
import { hostApt } from "../tests/support/host_apt.ts";
import { measure } from "./measure.ts";

/** How often each piece of work is done. */
const TIMES = 5;
const REQUEST = ["nginx", "postgresql", "openssh-server"];

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const { root, dir } = await hostApt();
const apt = (...argv: string[]) =>
  median(async () => {
    const { ms } = await measure(argv, {
      env: { APT_CONFIG: `${dir}/apt.conf`, LC_ALL: "C.UTF-8" },
    });
    return ms;
  });

const [file] = [...Deno.readDirSync(`${dir}/var/lib/apt/lists`)]
  .filter(({ name }) => name.endsWith("_Packages"))
  .map(({ name }) => `${dir}/var/lib/apt/lists/${name}`)
  .sort((a, b) => Deno.statSync(b).size - Deno.statSync(a).size);
const parse = await median(() => {
  const start = performance.now();
  let fields = 0;
  for (const stanza of PackagesIndex.parse(Deno.readFileSync(file!), "Packages")) {
    fields += stanza.size;
  }
  if (fields < 100_000) throw new Error(`There are only ${fields} fields`);
  return performance.now() - start;
});
const peak = Math.round(
  Number(
    /^VmHWM:\s*(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))![1],
  ) / 1024,
);
print("parse every field of the index", parse, await apt("apt-cache", "dumpavail"), 1000, peak);

root.search(["warm"]);
const search = await median(() => timed(() => root.search(["editor", "image"])));
print("search, warm", search, await apt("apt-cache", "search", "editor", "image"), 150, peak);

let asked = 0;
// A name that nobody has makes each question new, so that no answer comes from a file.
const solve = await median(() =>
  timed((root: AptRoot) =>
    root.plan({ install: REQUEST, essential: false, exclude: [`none${asked++}x${Date.now()}`] })
  )
);
const theirs = await apt("apt-get", "-q", "--simulate", "install", "--", ...REQUEST);
print("solve, warm", solve, theirs, Math.round(theirs + 100), peak);

async function timed(work: (root: AptRoot) => unknown): Promise<number> {
  const start = performance.now();
  await work(root);
  return performance.now() - start;
}

async function median(run: () => number | Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < TIMES; at++) times.push(await run());
  return times.sort((a, b) => a - b)[TIMES >> 1]!;
}

/** @param aim In milliseconds. */
function print(name: string, ours: number, theirs: number, aim: number, mib: number): void {
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
