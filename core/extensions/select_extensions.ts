import { ExtensionsError } from "../error.ts";
import type { BasePackages } from "../layer/base_packages.ts";
import { requestName } from "../layer/layer_change.ts";
import { dpkgArchitecture } from "../treefile/architecture.ts";
import type { Extension, Extensions } from "./parse_extensions.ts";

/** What an extensions file comes to for one base. Plain data. */
export interface SelectedExtensions {
  /** Sources beside those of the treefile. */
  readonly repos: readonly string[];
  /** Extensions of this architecture, the versions of their packages set. */
  readonly extensions: readonly Extension[];
  /** Packages that hosts install: they have to fit the base. */
  readonly layered: readonly string[];
  /** Packages that are only put beside them. */
  readonly development: readonly string[];
}

/**
 * Leave out the extensions of other architectures, and set the versions that the base decides about.
 *
 * @param basearch The kernel's name of the architecture.
 * @throws {ExtensionsError} `extensions/in-base` if the base has a package of an extension that hosts
 * are to install; `extensions/no-base-package` if it lacks the one that versions have to match.
 */
export function selectExtensions(
  { repos, extensions }: Extensions,
  basearch: string,
  base: BasePackages,
): SelectedExtensions {
  const architectures = [basearch, dpkgArchitecture(basearch)];
  const fitting = extensions.filter((each) =>
    each.architectures?.some((name) => architectures.includes(name)) ?? true
  );
  for (const each of fitting) checkAbsent(each, base);
  const selected = fitting.map((each) => ({ ...each, packages: versioned(each, base) }));
  const packages = (kind: Extension["kind"]) => [
    ...new Set(selected.filter((each) => each.kind === kind).flatMap((each) => each.packages)),
  ];
  return {
    repos: [...new Set([...repos, ...selected.flatMap((each) => each.repos)])],
    extensions: selected,
    layered: packages("os-extension"),
    development: packages("development"),
  };
}

function checkAbsent({ name, kind, packages }: Extension, base: BasePackages): void {
  if (kind !== "os-extension") return;
  for (const request of packages) {
    const found = base.find(requestName(request));
    if (!found) continue;
    throw new ExtensionsError(
      "extensions/in-base",
      `Cannot use extension "${name}": the base has "${found.id.name}" already, ${found.id.version}`,
      {
        subject: found.id.name,
        hint: "Leave it out; what hosts only need for development is of kind: development",
      },
    );
  }
}

function versioned({ name, packages, matchBaseEvr }: Extension, base: BasePackages): string[] {
  if (matchBaseEvr === undefined) return [...packages];
  const found = base.find(matchBaseEvr);
  if (!found) {
    const near = base.near(matchBaseEvr);
    throw new ExtensionsError(
      "extensions/no-base-package",
      `Cannot use extension "${name}": the base has no "${matchBaseEvr}" whose version could count`,
      {
        subject: matchBaseEvr,
        hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : "Check match-base-evr",
      },
    );
  }
  return packages.map((each) => {
    if (!/[=/]/.test(each)) return `${each}=${found.id.version}`;
    throw new ExtensionsError(
      "extensions/bad-file",
      `Cannot use extension "${name}": "${each}" names a version, and match-base-evr another`,
      { subject: each, hint: "Leave out one of them" },
    );
  });
}
