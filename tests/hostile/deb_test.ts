import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Repo } from "@apt-ostree/ostree";
import { PeakMemory } from "../../bench/peak_memory.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { type RawDeb, writeRawDeb } from "../support/raw_deb.ts";
import { rawMember } from "../support/raw_tar.ts";
import { BOMB_DEBS } from "./debs/bomb_debs.ts";
import { CONTROL_DEBS } from "./debs/control_debs.ts";
import { escapingDebs } from "./debs/escaping_debs.ts";
import { HEADER_DEBS } from "./debs/header_debs.ts";
import type { HostileDeb } from "./debs/hostile_deb.ts";
import { ODD_DEBS } from "./debs/odd_debs.ts";
import type { Outcome } from "./read_child.ts";

const ignore = await lacks("xz", "zstd", "gzip");
const CHILD = new URL("./read_child.ts", import.meta.url).pathname;
/** As `bin/permissions` starts the program. */
const HEAP = "--v8-flags=--max-semi-space-size=2";
/** Longest that one step may take, in milliseconds. */
const LONGEST = 20_000;
/** Most memory of one process, in MiB. */
const MOST = 256;

/** A directory with a repository and a file beside it that must stay as it is. */
async function inWorld(test: (dir: string, canary: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await Deno.writeTextFile(`${dir}/canary`, "alive");
    Repo.init(`${dir}/repo`, { mode: Deno.uid() === 0 ? "bare" : "archive" });
    await test(dir, `${dir}/canary`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Read or import .debs in a process of their own; checks memory and what was written. */
async function runChild(
  task: "read" | "import",
  dir: string,
  debs: readonly string[],
): Promise<Outcome[]> {
  const before = outside(dir);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", HEAP, CHILD, task, `${dir}/repo`, ...debs],
    cwd: dir,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const memory = new PeakMemory(child.pid);
  const polling = setInterval(() => memory.poll(), 20);
  const stopping = setTimeout(() => child.kill("SIGKILL"), (1 + debs.length) * LONGEST);
  try {
    const { code, stdout } = await child.output();
    assertEquals(code, 0, "the process crashed or hung");
    const { denoMib, otherMib, otherName } = memory.peak();
    assert(denoMib <= MOST, `it took ${denoMib} MiB`);
    assert(otherMib <= MOST, `${otherName} took ${otherMib} MiB`);
    assertEquals(outside(dir), before, "it wrote outside the repository");
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  } finally {
    clearInterval(polling);
    clearTimeout(stopping);
  }
}

/** All that is in a directory but the repository, with what tells whether it was touched. */
function outside(dir: string): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      const full = `${path}/${name}`;
      if (full === `${dir}/repo`) continue;
      const { size, mtime, mode, nlink } = Deno.lstatSync(full);
      found.push([full, size, Number(mtime), mode, nlink].join(" "));
      if (isDirectory) visit(full);
    }
  };
  visit(dir);
  return found.sort();
}

/** A step ended as it should, in time, and its error tells what it is about. */
function checkStep(step: Outcome, end: string, deb: string, part = ""): void {
  assertEquals(step.end, end, step.message);
  assert(step.ms < LONGEST, `it took ${Math.round(step.ms)} ms`);
  if (end === "ok") return;
  // deno-lint-ignore no-control-regex
  assertEquals(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/.exec(step.message), null, step.message);
  assertStringIncludes(step.subject, deb);
  assertStringIncludes(step.message, part);
  assert(step.message.length < 1000, "a message for no one to read");
}

for (
  const make of [
    escapingDebs,
    () => ODD_DEBS,
    () => CONTROL_DEBS,
    () => HEADER_DEBS,
    () => BOMB_DEBS,
  ]
) {
  for (const [at, { danger }] of make("/").entries()) {
    if (SHORT && at % 6 !== 0) continue;
    Deno.test(
      `a .deb with ${danger} does no harm`,
      { ignore },
      () =>
        inWorld(async (dir, canary) => {
          const spec = make(canary).find((each) => each.danger === danger)!;
          await check(dir, spec);
        }),
    );
  }
}

async function check(dir: string, spec: HostileDeb): Promise<void> {
  const deb = `${dir}/raw.deb`;
  await writeRawDeb(deb, spec);
  const [read] = await runChild("read", dir, [deb]);
  const [imported] = await runChild("import", dir, [deb]);
  const end = spec.imported ?? spec.read;
  checkStep(read!, spec.read, deb, spec.read === end ? spec.message : "");
  checkStep(imported!, end, deb, spec.message);
  if (end !== "ok") assertStringIncludes(imported!.message, "raw_1_all");
  const repo = Repo.open(`${dir}/repo`);
  assertEquals(repo.listRefs().size, end === "ok" ? 1 : 0);
  const left = [...Deno.readDirSync(`${dir}/repo/tmp`)].filter(({ name }) =>
    /^staging.*\w{8}$/.test(name)
  );
  assertEquals(left.map(({ name }) => name), [], "something stayed in staging");
}

Deno.test("a .deb cut off anywhere is named", { ignore }, () =>
  inWorld(async (dir) => {
    const data = rawMember({ name: "./usr/share/doc/raw/text" }, "some text, ".repeat(2000));
    const packs: NonNullable<RawDeb["pack"]>[] = [
      ["", "cat"],
      [".gz", "gzip", "-c"],
      [".xz", "xz", "-c"],
      [".zst", "zstd", "-c"],
    ];
    const debs: string[] = [];
    for (const pack of packs) {
      const whole = `${dir}/whole${pack[0]}.deb`;
      await writeRawDeb(whole, { data, pack });
      const bytes = await Deno.readFile(whole);
      // Magic, each header and each body, in the middle and at their ends.
      const cuts = [0, 4, 8, 38, 68, 70, 72, 100, 132, 900, 2180, 2240, bytes.length - 2];
      for (const length of cuts.filter((cut) => cut < bytes.length)) {
        const deb = `${dir}/cut-${length}${pack[0]}.deb`;
        await Deno.writeFile(deb, bytes.subarray(0, length));
        debs.push(deb);
      }
      // A whole frame around a data part that is cut off.
      for (const less of [1, 5, 20]) {
        const deb = `${dir}/short-${less}${pack[0]}.deb`;
        await Deno.writeFile(deb, shortened(bytes, less));
        if (pack[0] !== "") debs.push(deb);
      }
    }
    for (const task of ["read", "import"] as const) {
      for (const { deb, end, message, subject } of await runChild(task, dir, debs)) {
        assert(end.startsWith("deb/"), `${deb}: ${end} ${message}`);
        assertEquals(subject, deb);
      }
    }
  }));

/** The .deb with its last member shorter, and a header that knows it. */
function shortened(bytes: Uint8Array, less: number): Uint8Array {
  const latin1 = new TextDecoder("latin1").decode(bytes);
  const at = latin1.lastIndexOf("data.tar");
  const size = Number(latin1.slice(at + 48, at + 58)) - less;
  const cut = bytes.slice(0, at + 60 + size);
  cut.set(new TextEncoder().encode(String(size).padEnd(10)), at + 48);
  return cut;
}
