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
import { withTestDisk } from "./test_disk.ts";

/** Where each tier's tests lie; `TIER:short` does a cut of the long ones. */
const TIERS: Readonly<Record<string, readonly string[]>> = {
  unit: ["base", "apt", "ostree", "sandbox", "oci", "core", "cli", "bench"],
  system: ["tests/system", "tests/ostree", "tests/apt"],
  examples: ["tests/examples"],
  hostile: ["tests/hostile"],
  fidelity: ["tests/fidelity"],
  boot: ["tests/boot"],
  oci: ["tests/oci"],
  judges: ["tests/judges"],
};

/** Packages that a tier needs beside the common ones. */
const PACKAGES: Readonly<Record<string, string>> = {
  boot: "tests/boot/packages.txt",
  judges: "tests/judges/packages.txt",
  oci: "tests/oci/packages.txt",
};

interface Counts {
  passed: number;
  failed: number;
  /** What failed: the test, its file, and the first lines of its error. */
  failures: string[];
}

const { _: tiers, total } = parseArgs(Deno.args, { string: ["total"] });
await setup([
  "tools/packages.txt",
  ...tiers.flatMap((tier) => PACKAGES[String(tier).split(":")[0]!] ?? []),
]);
Deno.mkdirSync("build", { recursive: true });
const sum: Counts = { passed: 0, failed: 0, failures: [] };
let status = 0;
for (const tier of tiers.map(String)) {
  const [name = "", effort = "full"] = tier.split(":");
  const paths = TIERS[name]?.filter(exists);
  if (!paths || paths.length === 0) {
    throw new Error(`There is no tier "${tier}": ${Object.keys(TIERS).join(", ")}`);
  }
  const report = `build/tests-${name}.xml`;
  if (exists(report)) Deno.removeSync(report);
  const argv = [Deno.execPath(), "test", "-A", `--junit-path=${report}`, ...paths];
  const [program = "", ...args] = withTestDisk("build/test-disk", argv);
  const { code } = await new Deno.Command(program, {
    args,
    env: { APT_OSTREE_TESTS: effort },
  }).spawn().status;
  const counts = readReport(report);
  // A module that does not load, or a run that died, is no test but a failure all the same.
  if (code !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.failures.push(`tier "${name}": the run ended with exit code ${code}`);
  }
  if (counts.passed + counts.failed === 0) throw new Error(`No test of tier "${tier}" ran`);
  sum.passed += counts.passed;
  sum.failed += counts.failed;
  sum.failures.push(...counts.failures);
  if (code !== 0) status = 1;
}
if (total !== undefined) {
  const before: Counts = exists(total)
    ? JSON.parse(Deno.readTextFileSync(total))
    : { passed: 0, failed: 0, failures: [] };
  sum.passed += before.passed;
  sum.failed += before.failed;
  sum.failures.unshift(...before.failures);
  Deno.writeTextFileSync(total, JSON.stringify(sum));
}
// A long run is read from its end: what failed stands there again.
for (const failure of sum.failures) console.log(`FAILED ${failure}`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
Deno.exit(status);

/** Count the cases of a JUnit report; ignored ones are neither. */
function readReport(path: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, failures: [] };
  if (!exists(path)) return counts;
  const text = Deno.readTextFileSync(path);
  for (const [tag] of text.matchAll(/<testsuite [^>]*>/g)) {
    const number = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    counts.passed += number("tests") - number("disabled") - number("skipped") - failed;
    counts.failed += failed;
  }
  for (
    const [found, tag = ""] of text.matchAll(/<testcase ([^>]*[^/])>\s*<(?:failure|error)\b[^>]*>/g)
  ) {
    const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
    const from = text.indexOf(found) + found.length;
    const message = text.slice(from, text.indexOf("</testcase>", from)).replace(/<[^>]*>/g, "");
    const lines = message.split("\n").filter((line) => line.trim() !== "").slice(0, 12);
    const title = `${plain(attribute("name"))} (${plain(attribute("classname"))})`;
    counts.failures.push([title, ...lines.map((line) => `    ${plain(line)}`)].join("\n"));
  }
  return counts;
}

/** Undo XML's character entities. */
function plain(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? "");
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
