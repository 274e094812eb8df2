import { assertEquals, assertMatch } from "@std/assert";
import { AptOstreeError } from "@apt-ostree/base";
import type { TreeChecksums } from "@apt-ostree/ostree";
import { pathFilter, type PathRule } from "../../../core/assemble/path_filter.ts";
import { assembleOurs } from "./assemble_ours.ts";
import { compareSystems } from "./compare_systems.ts";
import { Cell, DPKG, type Judged } from "./judge_dpkg.ts";
import type { RulesWorld } from "./rules_world.ts";
import type { SmallDeb } from "./small_deb.ts";

/** Packages that are installed into the small Debian, and what must come of it. */
export interface RuleCase {
  /** Shell commands and packages that come before; dpkg alone does them. */
  readonly prepare?: string;
  readonly before?: readonly SmallDeb[];
  /** Shell commands after `before`. */
  readonly meanwhile?: string;
  /** Packages that dpkg and the assembly install, in this order. */
  readonly add: readonly SmallDeb[];
  /** `path-exclude` and `path-include`. */
  readonly rules?: readonly PathRule[];
  /** What our message must say where dpkg refuses; without it both must succeed. */
  readonly refused?: RegExp;
  /** A look at dpkg's answer, so that a case cannot pass by doing nothing. */
  readonly shows?: string;
}

/** What dpkg and the assembly made of one case. */
export interface CaseResult {
  /** The cell in which dpkg worked. */
  readonly cell: Cell;
  readonly judged: Judged;
  readonly ours: TreeChecksums | AptOstreeError;
}

/** Let dpkg and the assembly do a case, and compare all that comes of it. */
export async function judgeCase(world: RulesWorld, rule: RuleCase): Promise<void> {
  using cell = new Cell(world);
  const result = await tryCase(world, cell, rule);
  if (!result) throw new Error("dpkg cannot prepare the case");
  const { judged, ours } = result;
  if (rule.refused) {
    assertEquals(judged.success, false, `dpkg does not refuse:\n${judged.output}`);
    assertEquals(ours instanceof AptOstreeError, true, "the assembly does not refuse");
    assertMatch((ours as AptOstreeError).message, rule.refused);
    return;
  }
  assertEquals(judged.success, true, judged.output);
  requireSame(world, result);
  // dpkg finds nothing wrong; since both systems are equal, the answer is for both.
  const { output, success } = await cell.run(`test -z "$(dpkg --audit)"\n${rule.shows ?? ":"}`);
  assertEquals(success, true, `${output}\n${judged.output}`);
}

/**
 * Let dpkg and the assembly do a case.
 *
 * @returns `undefined` where dpkg cannot install what comes before.
 */
export async function tryCase(
  world: RulesWorld,
  cell: Cell,
  rule: RuleCase,
): Promise<CaseResult | undefined> {
  const before = await world.make(rule.before ?? []);
  const add = await world.make(rule.add);
  const options = (rule.rules ?? []).map(({ action, pattern }) => `--path-${action}='${pattern}'`);
  const install = before.paths.length > 0 ? `for deb; do ${DPKG} -i "$deb"; done` : ":";
  const prepared = await cell.run(
    [rule.prepare ?? ":", install, rule.meanwhile ?? ":"].join("\n"),
    before.paths,
  );
  if (!prepared.success) return undefined;
  const judged = await cell.run(`${DPKG} ${options.join(" ")} -i "$@"`, add.paths);
  const filter = pathFilter("rules", rule.rules ?? []);
  const ours = await attempt(() => assembleOurs(world, prepared.tree, add.packages, filter));
  return { cell, judged, ours };
}

/** @throws {Error} Unless both refused, or made the same system. */
export function requireSame(world: RulesWorld, { judged, ours }: CaseResult): void {
  if (ours instanceof AptOstreeError) {
    if (!judged.success) return;
    throw new Error(`dpkg accepts:\n${judged.output}`, { cause: ours });
  }
  if (!judged.success) throw new Error(`dpkg refuses:\n${judged.output}`);
  const differences = compareSystems(world.repo, judged.tree, ours);
  if (differences.length > 0) throw new Error(`${differences.join("\n")}\n${judged.output}`);
}

async function attempt(
  work: () => Promise<TreeChecksums>,
): Promise<TreeChecksums | AptOstreeError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AptOstreeError) return error;
    throw error;
  }
}
