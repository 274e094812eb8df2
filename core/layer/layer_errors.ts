import { allowsVersion, parseDependencies, type Plan, type PlannedPackage } from "@apt-ostree/apt";
import type { InstalledPackage } from "../assemble/installed_package.ts";
import { LayerError } from "../error.ts";
import type { BasePackages } from "./base_packages.ts";
import type { LayerChange } from "./layer_change.ts";

/** Somebody asks to add what the base has. */
export function alreadyInBase(request: string, found: InstalledPackage): LayerError {
  const { name, version } = found.id;
  const as = request === name ? "it is" : `"${name}" is`;
  return new LayerError(
    "layer/already-in-base",
    `Cannot add "${request}": ${as} in the base already, at ${version}`,
    { subject: name, hint: `Leave it out; for another version replace it: override replace` },
  );
}

/** Somebody speaks of a package that the base does not have. */
export function notInBase(verb: string, name: string, base: BasePackages): LayerError {
  const near = base.near(name);
  return new LayerError(
    "layer/not-in-base",
    `Cannot ${verb} "${name}": the base has no such package`,
    {
      subject: name,
      hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : "List those it has: db list",
    },
  );
}

/** Somebody asks to remove what every system needs. */
export function essentialPackage({ id }: InstalledPackage, kind: string): LayerError {
  return new LayerError(
    "layer/essential",
    `Cannot remove "${id.name}": it is ${kind}, a system without it may not start or not be repaired`,
    {
      subject: id.name,
      hint: "Keep it, or replace it by another version; only allowEssential lets it go",
    },
  );
}

/** A removal takes others with it. */
export function breaksBase(
  removed: readonly InstalledPackage[],
  named: ReadonlySet<string>,
  plan: Plan,
  cause?: Error,
): LayerError {
  const gone = new Set(plan.removals.map((each) => each.name));
  const reasons = removed.map((each) => {
    const need = ["Pre-Depends", "Depends"].flatMap((name) =>
      parseDependencies(each.control.get(name) ?? "").flat()
    ).find((alternative) => gone.has(alternative.name));
    return `"${each.id.name}" ${each.id.version} needs ${need ? `"${need.name}"` : "it"}`;
  });
  const first = [...named].find((name) => gone.has(name)) ?? removed[0]!.id.name;
  const names = removed.map((each) => each.id.name);
  return new LayerError(
    "layer/breaks-base",
    `Cannot remove "${first}": ${reasons.join("; ")}`,
    { subject: first, hint: `Keep it, or remove ${names.join(", ")} in the same step`, cause },
  );
}

/** What was asked for can be had only by changing other packages of the base. */
export function changesBase(
  removed: readonly InstalledPackage[],
  changed: readonly PlannedPackage[],
  plan: Plan,
  change: LayerChange,
  cause?: Error,
): LayerError {
  const reasons = [
    ...removed.map((each) => removalReason(each, plan)),
    ...changed.map((each) => changeReason(each, plan)),
  ];
  const asked = [
    ...[change.install, change.replace, change.localDebs, change.replaceDebs].flatMap((each) =>
      each ?? []
    ),
    ...(change.upgrade === "all" ? ["all upgrades"] : change.upgrade ?? []),
  ];
  const options = [
    ...(changed.length > 0
      ? [`replace ${changed.map((each) => each.name).join(", ")} in the same step`]
      : []),
    ...(removed.length > 0
      ? [`remove ${removed.map((each) => each.id.name).join(", ")} in the same step`]
      : []),
    "update the base",
  ];
  const text = options.join("; or ");
  return new LayerError(
    "layer/changes-base",
    `Cannot add ${asked.map((each) => `"${each}"`).join(", ")} to the base: ${reasons.join("; ")}`,
    {
      subject: asked[0] ?? "",
      hint: text.charAt(0).toUpperCase() + text.slice(1),
      cause,
    },
  );
}

function removalReason(pkg: InstalledPackage, plan: Plan): string {
  const { id } = pkg;
  const control = pkg.control;
  const title = `"${id.name}" ${id.version} of the base`;
  for (const each of plan.packages) {
    for (const relation of ["Conflicts", "Breaks"]) {
      const theirs = parseDependencies(each.fields.get(relation) ?? "").flat();
      if (theirs.some((other) => other.name === id.name && allowsVersion(other, id.version))) {
        return `"${each.name}" ${each.version} ${VERBS[relation]} ${title}`;
      }
      const ours = parseDependencies(control.get(relation) ?? "").flat();
      if (ours.some((other) => other.name === each.name && allowsVersion(other, each.version))) {
        return `${title} ${VERBS[relation]} "${each.name}" ${each.version}`;
      }
    }
  }
  return `${title} would have to go`;
}

function changeReason({ name, version, replaces }: PlannedPackage, plan: Plan): string {
  for (const each of plan.packages) {
    if (each.name === name) continue;
    for (const relation of ["Pre-Depends", "Depends"]) {
      const need = parseDependencies(each.fields.get(relation) ?? "").find((group) =>
        group.some((one) =>
          one.name === name && !allowsVersion(one, replaces!) && allowsVersion(one, version)
        )
      );
      if (need) {
        const { relation: sign, version: bound } = need.find((one) => one.name === name)!;
        return `"${each.name}" ${each.version} needs "${name}" ${sign} ${bound}, the base has ${replaces}`;
      }
    }
  }
  return `"${name}" ${replaces} of the base would become ${version}`;
}

const VERBS: Readonly<Record<string, string>> = {
  "Conflicts": "conflicts with",
  "Breaks": "breaks",
};
