/**
 * Run tiers of tests and close with the numbers that the runner itself reports.
 *
 * `run_tests.ts [--total=FILE] TIER...`: the last line is `N passed, N failed` alone; with `--total`
 * the numbers are added to those in the file, for several calls that belong together.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { setup } from "./setup.ts";

/** Where each tier's tests lie; `TIER:short` does a cut of the long ones. */
const TIERS: Readonly<Record<string, readonly string[]>> = {
  unit: ["base", "apt", "ostree", "sandbox", "core", "cli", "bench"],
  system: ["tests/system", "tests/ostree", "tests/apt"],
  hostile: ["tests/hostile"],
  fidelity: ["tests/fidelity"],
  boot: ["tests/boot"],
  judges: ["tests/judges"],
};

/** Packages that a tier needs beside the common ones. */
const PACKAGES: Readonly<Record<string, string>> = {
  boot: "tests/boot/packages.txt",
  judges: "tests/judges/packages.txt",
};

interface Counts {
  passed: number;
  failed: number;
}

const { _: tiers, total } = parseArgs(Deno.args, { string: ["total"] });
await setup(["tools/packages.txt", ...tiers.flatMap((tier) => PACKAGES[tier] ?? [])]);
Deno.mkdirSync("build", { recursive: true });
const sum: Counts = { passed: 0, failed: 0 };
let status = 0;
for (const tier of tiers.map(String)) {
  const [name = "", effort = "full"] = tier.split(":");
  const paths = TIERS[name]?.filter(exists);
  if (!paths || paths.length === 0) {
    throw new Error(`There is no tier "${tier}": ${Object.keys(TIERS).join(", ")}`);
  }
  const report = `build/tests-${name}.xml`;
  if (exists(report)) Deno.removeSync(report);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${report}`, ...paths],
    env: { APT_OSTREE_TESTS: effort },
  }).spawn().status;
  const counts = readReport(report);
  // A module that does not load, or a run that died, is no test but a failure all the same.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (counts.passed + counts.failed === 0) throw new Error(`No test of tier "${tier}" ran`);
  sum.passed += counts.passed;
  sum.failed += counts.failed;
  if (code !== 0) status = 1;
}
if (total !== undefined) {
  const before: Counts = exists(total)
    ? JSON.parse(Deno.readTextFileSync(total))
    : { passed: 0, failed: 0 };
  sum.passed += before.passed;
  sum.failed += before.failed;
  Deno.writeTextFileSync(total, JSON.stringify(sum));
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
Deno.exit(status);

/** Count the cases of a JUnit report; ignored ones are neither. */
function readReport(path: string): Counts {
  if (!exists(path)) return { passed: 0, failed: 0 };
  const text = Deno.readTextFileSync(path);
  const suites = [...text.matchAll(/<testsuite [^>]*>/g)].map(([tag]) => {
    const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    return { passed: number("tests") - number("disabled") - number("skipped") - failed, failed };
  });
  return suites.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
    passed: 0,
    failed: 0,
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
