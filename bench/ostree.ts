// deno-lint-ignore-file no-console -- prints a table
/**
 * `deno task bench:ostree [--json] [--treefile=FILE]`
 *
 * Our operations on repositories beside those of the `ostree` command, on the tree of the minimal
 * example. Ours is the time of the call in a process that has loaded the module; what takes moments is
 * called five times there. Theirs is the command's. Both sync the disk as their defaults say, and
 * nothing is removed before the end: a filesystem that has just lost many files is slow to make new ones.
 */
import { parseArgs } from "node:util";
import { Repo } from "@apt-ostree/ostree";
import { measure } from "./measure.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const BUILD = `${ROOT}build/bench`;
const WORK = new URL("./ostree_work.ts", import.meta.url).pathname;
/** How often work is done that takes moments, and by turns with the peer's; the median counts. */
const TIMES = 5;
const TURNS = 3;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    treefile: { type: "string", default: "examples/debian-minimal.yaml" },
  },
});

/** What one side took. */
interface Cost {
  readonly ms: number;
  readonly mib: number;
}

await Deno.mkdir(BUILD, { recursive: true });
const work = await Deno.makeTempDir({ dir: BUILD, prefix: "ostree-" });
try {
  const tree = await composedTree();
  const large = `${work}/large`;
  await Deno.mkdir(large);
  for (let at = 0; at < 10; at++) await command("cp", "-al", tree, `${large}/${at}`);

  let smallest = 0;
  for (const mode of ["archive", "bare"] as const) {
    const costs: { ours: Cost[]; theirs: Cost[] } = { ours: [], theirs: [] };
    for (let turn = 0; turn < (mode === "bare" ? TURNS : 1); turn++) {
      const [ours, theirs] = [`ours${turn || ""}`, `theirs${turn || ""}`];
      await init(mode, ours, theirs);
      costs.theirs.push(await peer("commit", theirs, mode, "main", `--tree=dir=${tree}`));
      costs.ours.push(await own("commit", ours, mode, tree, "main"));
      if (rev(ours, mode, "main") !== rev(theirs, mode, "main")) {
        throw new Error("The two sides made different trees");
      }
    }
    const ours = median(costs.ours);
    if (mode === "bare") smallest = ours.mib;
    print(`commit a directory, ${mode}`, ours, median(costs.theirs), 0.6);
  }
  const again = await own("commit", "ours", "bare", tree, "again");
  const peerAgain = await peer("commit", "theirs", "bare", "again", `--tree=dir=${tree}`);
  print("commit it again, bare", again, peerAgain, 0.6);

  note("Growing the base tenfold");
  const grown = await own("commit", "ours", "bare", large, "large");
  const peerGrown = await peer("commit", "theirs", "bare", "large", `--tree=dir=${large}`);
  print("commit ten times as much, bare", grown, peerGrown, 0.6);
  print(
    "  its peak memory, to once as much",
    { ms: grown.mib, mib: grown.mib },
    {
      ms: smallest,
      mib: smallest,
    },
    1.5,
    "MiB",
  );

  const file = "usr/lib/os-release";
  const changed = await ownOften("change", "ours", "bare", file, "main");
  const checkout = `${work}/checkout`;
  await command("ostree", "checkout", "-H", `--repo=${path("theirs", "bare")}`, "main", checkout);
  const peerChanged = await medianOf(async (at) => {
    await Deno.remove(`${checkout}/${file}`);
    await Deno.writeTextFile(`${checkout}/${file}`, `changed ${at}\n`);
    const options = ["--link-checkout-speedup", `--tree=dir=${checkout}`];
    return await peer("commit", "theirs", "bare", "main", ...options);
  });
  print("commit one changed file, bare", changed, peerChanged, 0.05);
  const changedLarge = await ownOften("change", "ours", "bare", `5/${file}`, "large");
  print("  of ten times as much, to that", changedLarge, changed, 1.3, "ours");

  const ten = [...Deno.readDirSync(`${tree}/usr/bin`)].filter(({ isFile }) => isFile).slice(0, 10);
  for (const { name } of ten) {
    await own("change", "ours", "bare", `usr/bin/${name}`, "main");
  }
  const revs = ["again", "main"];
  await command(
    "ostree",
    "pull-local",
    `--repo=${path("theirs", "bare")}`,
    path("ours", "bare"),
    "main",
  );
  const [from, to] = revs.map((name) => Repo.open(path("ours", "bare")).requireRev(name));
  const diff = await ownOften("diff", "ours", "bare", from!, to!, "11");
  const peerDiff = await medianOf(() =>
    measured("ostree", "diff", `--repo=${path("ours", "bare")}`, from!, to!)
  );
  print("diff of two commits, 11 files differ", diff, peerDiff, 0.2);

  const lay = await ownOften("checkout", "ours", "bare", "again", `${work}/out`);
  const peerLay = await medianOf((at) => {
    const options = ["-H", `--repo=${path("theirs", "bare")}`, "again", `${work}/theirs-${at}`];
    return measured("ostree", "checkout", ...options);
  });
  print("check out as hard links", lay, peerLay, 2.0);
} finally {
  await Deno.remove(work, { recursive: true });
}

/** Compose the treefile, unless an earlier run did, and lay its tree out. @returns Where it lies. */
async function composedTree(): Promise<string> {
  const repo = `${BUILD}/ostree-base`;
  const name = values.treefile.replaceAll("/", "_");
  if (!await isThere(`${repo}/${name}.done`)) {
    note(`Composing ${values.treefile}`);
    await command("ostree", "init", `--repo=${repo}`, "--mode=bare");
    const compose = [`${ROOT}bin/apt-ostree`, "compose", "tree", `--repo=${repo}`];
    const env = { APT_OSTREE_DENO: Deno.execPath() };
    await measure([...compose, values.treefile], { env, cwd: ROOT });
    await Deno.writeTextFile(`${repo}/${name}.done`, "");
  }
  const tree = `${work}/tree`;
  const refs = [...Repo.open(repo).listRefs().keys()].filter((ref) =>
    !ref.startsWith("aptostree/")
  );
  await command("ostree", "checkout", "--force-copy", `--repo=${repo}`, refs[0]!, tree);
  return tree;
}

async function init(mode: string, ...sides: string[]): Promise<void> {
  for (const side of sides) {
    await command("ostree", "init", `--repo=${path(side, mode)}`, `--mode=${mode}`);
  }
}

function path(side: string, mode: string): string {
  return `${work}/${side}-${mode}`;
}

/** The tree that a ref names. */
function rev(side: string, mode: string, ref: string): string {
  const repo = Repo.open(path(side, mode));
  return JSON.stringify(repo.readCommit(repo.requireRev(ref)).root);
}

function own(what: string, side: string, mode: string, ...args: string[]): Promise<Cost> {
  return call(what, 1, side, mode, args);
}

function ownOften(what: string, side: string, mode: string, ...args: string[]): Promise<Cost> {
  return call(what, TIMES, side, mode, args);
}

async function call(what: string, times: number, side: string, mode: string, args: string[]) {
  const argv = [Deno.execPath(), "run", "-A", "--no-check", WORK, what, String(times)];
  const { stdout, denoMib } = await measure([...argv, path(side, mode), ...args]);
  return { ms: Number(stdout), mib: denoMib };
}

function peer(what: string, side: string, mode: string, ref: string, ...args: string[]) {
  const options = [`--repo=${path(side, mode)}`, `--branch=${ref}`, "--subject=", ...args];
  return measured("ostree", what, ...options);
}

async function measured(...argv: string[]): Promise<Cost> {
  const { ms, otherMib } = await measure(argv);
  return { ms, mib: otherMib };
}

async function medianOf(run: (at: number) => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let at = 0; at < TIMES; at++) costs.push(await run(at));
  return median(costs);
}

function median(costs: readonly Cost[]): Cost {
  return costs.toSorted((a, b) => a.ms - b.ms)[costs.length >> 1]!;
}

function print(name: string, ours: Cost, theirs: Cost, aim: number, peerName = "ostree"): void {
  const ratio = Number((ours.ms / theirs.ms).toFixed(3));
  if (values.json) {
    const row = {
      bench: "ostree",
      case: name.trim(),
      ours_ms: Math.round(ours.ms),
      peer: peerName,
      peer_ms: Math.round(theirs.ms),
      ratio,
      aim,
      peak_mib: ours.mib,
    };
    return console.log(JSON.stringify(row));
  }
  const unit = peerName === "MiB" ? "MiB" : "ms";
  const number = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`.padStart(11);
  console.log(
    `${name.padEnd(38)}${number(ours.ms)}${number(theirs.ms)}  ratio ${ratio.toFixed(2)} ` +
      `(aim ${aim})  peak ${ours.mib} MiB, theirs ${theirs.mib} MiB`,
  );
}

async function command(...argv: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(argv[0]!, { args: argv.slice(1) }).output();
  if (!success) throw new Error(`${argv.join(" ")}\n${new TextDecoder().decode(stderr)}`);
}

function note(text: string): void {
  if (!values.json) console.log(text);
}

async function isThere(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}
