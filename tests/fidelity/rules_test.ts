/**
 * The assembly's rules for files and dpkg's database, each judged by dpkg on packages made for it.
 *
 * @module
 */
import { readXattrs } from "@apt-ostree/base";
import fc from "fast-check";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { CONFFILES } from "./rules/cases/conffiles.ts";
import { DATABASE } from "./rules/cases/database.ts";
import { DIVERSIONS } from "./rules/cases/diversions.ts";
import { FILE_CONFLICTS } from "./rules/cases/file_conflicts.ts";
import { FILE_KINDS } from "./rules/cases/file_kinds.ts";
import { LINKS } from "./rules/cases/links.ts";
import { MULTI_ARCH } from "./rules/cases/multi_arch.ts";
import { PATH_RULES } from "./rules/cases/path_rules.ts";
import { SCRIPTS } from "./rules/cases/scripts.ts";
import { TRIGGERS } from "./rules/cases/triggers.ts";
import { UPGRADES } from "./rules/cases/upgrades.ts";
import { Cell } from "./rules/judge_dpkg.ts";
import { randomCase } from "./rules/random_case.ts";
import { judgeCase, requireSame, tryCase } from "./rules/rule_case.ts";
import { RulesWorld } from "./rules/rules_world.ts";

const ignore = Deno.uid() !== 0 || await lacks("bwrap", "dpkg-deb");
readXattrs("/"); // loads the C library before a test can be blamed for it
let world: RulesWorld;
Deno.test.beforeAll(async () => {
  if (!ignore) world = await RulesWorld.open();
});
Deno.test.afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const CASES = {
  ...{ ...FILE_CONFLICTS, ...MULTI_ARCH, ...DIVERSIONS, ...FILE_KINDS, ...LINKS },
  ...{ ...CONFFILES, ...UPGRADES, ...PATH_RULES, ...TRIGGERS, ...DATABASE, ...SCRIPTS },
};
for (const [at, [name, rule]] of Object.entries(CASES).entries()) {
  if (SHORT && at % 8 !== 0) continue;
  Deno.test({
    name: `dpkg and the assembly agree on ${name}`,
    ignore,
    fn: () => judgeCase(world, rule),
  });
}

const RUNS = SHORT ? 8 : 60;
Deno.test(
  `dpkg and the assembly agree on ${RUNS} sets of random packages`,
  { ignore },
  () =>
    fc.assert(
      fc.asyncProperty(randomCase, async (rule) => {
        using cell = new Cell(world);
        const result = await tryCase(world, cell, rule);
        fc.pre(result !== undefined);
        requireSame(world, result);
      }),
      { numRuns: RUNS, seed: 20261125, endOnFailure: true },
    ),
);
