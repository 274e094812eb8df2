import { type Alternative, parseDependencies } from "./dependency.ts";
import { FormatError } from "./error.ts";
import type { PlannedPackage } from "./plan.ts";

/** Fields by which a package asks for others, the strongest first. */
const FIELDS = ["Pre-Depends", "Depends", "Recommends"] as const;

/**
 * Say of each package that nobody requested which other one asked for it: the nearest to what was requested,
 * or is essential.
 *
 * @param packages All that are installed together.
 * @returns The same, in the same order.
 */
export function withAskers(packages: readonly PlannedPackage[]): PlannedPackage[] {
  const byName = new Map<string, PlannedPackage[]>();
  const add = (name: string, each: PlannedPackage) => {
    const found = byName.get(name);
    if (found) found.push(each);
    else byName.set(name, [each]);
  };
  for (const each of packages) {
    add(each.name, each);
    for (const { name } of alternatives(each, "Provides")) add(name, each);
  }
  const askers = new Map<PlannedPackage, string>();
  const rank = { requested: 0, essential: 1, dependency: 2 };
  const seen = new Set(packages.filter(({ reason }) => reason !== "dependency"));
  const queue = [...seen].sort((a, b) => rank[a.reason] - rank[b.reason]);
  // Breadth first: the queue grows while it is gone through.
  for (const each of queue) {
    for (const { name } of FIELDS.flatMap((field) => alternatives(each, field))) {
      for (const found of byName.get(name) ?? []) {
        if (seen.has(found)) continue;
        seen.add(found);
        askers.set(found, each.name);
        queue.push(found);
      }
    }
  }
  return packages.map((each) => {
    const askedBy = askers.get(each);
    return askedBy === undefined ? each : { ...each, askedBy };
  });
}

/** What a field names; nothing where apt reads it and we cannot, since a reason is no ground to refuse. */
function alternatives({ fields }: PlannedPackage, field: string): Alternative[] {
  try {
    return parseDependencies(fields.get(field) ?? "").flat();
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}
