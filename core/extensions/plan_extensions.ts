import { createHash } from "node:crypto";
import type { AptRoot, PlannedPackage } from "@apt-ostree/apt";
import type { Progress } from "@apt-ostree/base";
import type { InstalledPackage } from "../assemble/installed_package.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { ExtensionsError, LayerError } from "../error.ts";
import { packageTitle } from "../import/package_ref.ts";
import { planLayering } from "../layer/plan_layering.ts";
import type { Treefile } from "../treefile/treefile.ts";
import type { SelectedExtensions } from "./select_extensions.ts";

/** What {@linkcode planExtensions} works with. */
export interface PlanExtensionsOptions {
  /** Its status file is the base's. */
  readonly apt: AptRoot;
  /** Packages of the base. */
  readonly installed: readonly InstalledPackage[];
  /** Says which packages must not come in, and whether recommended ones do. */
  readonly treefile: Pick<Treefile, "excludePackages" | "recommends">;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A package of an output directory. */
export interface ExtensionPackage {
  /** Name of its file. */
  readonly file: string;
  readonly package: PlannedPackage;
}

/** What comes into an output directory. Plain data. */
export interface ExtensionsPlan {
  /** Text of `extensions.json`. */
  readonly json: string;
  /** Sorted by file. */
  readonly packages: readonly ExtensionPackage[];
  /** SHA-256 over all of it: the same where nothing has changed. */
  readonly digest: string;
}

/**
 * Let apt choose the packages of extensions.
 *
 * Those that hosts install are resolved together, on top of the base, whose own packages stay as they
 * are. Those for development are looked up alone.
 *
 * @throws {ExtensionsError} `extensions/changes-base` if they can only be had by changing packages of the
 * base, `extensions/in-base` if the base provides one, `extensions/bad-name`.
 * @throws {AptError} If the sources cannot give them.
 */
export async function planExtensions(
  options: PlanExtensionsOptions,
  selected: SelectedExtensions,
): Promise<ExtensionsPlan> {
  const { apt, installed, treefile } = options;
  const call = pickDefined(options, "signal", "progress");
  const plan = await planLayering({ apt, installed, ...call }, {
    install: selected.layered,
    exclude: treefile.excludePackages,
    recommends: treefile.recommends,
  }).catch(refuse);
  const [removed] = plan.removals;
  if (removed) {
    throw new ExtensionsError(
      "extensions/changes-base",
      `Cannot resolve the extensions: "${removed.name}" ${removed.version} of the base would have to go`,
      { subject: removed.name, hint: "Leave out what takes its place: a base boots one kernel" },
    );
  }
  const development = await apt.candidates(selected.development, call);
  const packages = nameFiles([...plan.packages, ...development]);
  const json = formatExtensions(selected);
  const hash = createHash("sha256").update(json);
  for (const { file, package: { sha256 } } of packages) hash.update(`\0${file}\0${sha256}`);
  return { json, packages, digest: hash.digest("hex") };
}

/** Say in words of extensions what a host could mend by changing its base. */
function refuse(cause: unknown): never {
  if (!(cause instanceof LayerError)) throw cause;
  const [code, hint] = REFUSALS[cause.code] ?? [];
  if (code === undefined || hint === undefined) throw cause;
  throw new ExtensionsError(code, cause.message, {
    ...(cause.subject === undefined ? {} : { subject: cause.subject }),
    hint,
    cause,
  });
}

const REFUSALS: Readonly<
  Record<string, readonly ["extensions/changes-base" | "extensions/in-base", hint: string]>
> = {
  "layer/changes-base": [
    "extensions/changes-base",
    "Compose the base anew from these sources, or use those that it was composed from: snapshot",
  ],
  "layer/already-in-base": ["extensions/in-base", "Leave it out"],
};

/** Text of `extensions.json`: what was selected, in the form of the extensions file. */
export function formatExtensions({ repos, extensions }: SelectedExtensions): string {
  const entries = extensions.map((each) => {
    const { name, packages, kind, architectures, matchBaseEvr } = each;
    const fields = {
      packages,
      ...(architectures === undefined ? {} : { architectures }),
      ...(matchBaseEvr === undefined ? {} : { "match-base-evr": matchBaseEvr }),
      kind,
    };
    return [name, fields] as const;
  });
  const all = {
    extensions: Object.fromEntries(entries),
    ...(repos.length === 0 ? {} : { repos }),
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/**
 * Name files as archives do, without epochs: programs that serve directories take a percent sign for
 * something else.
 */
function nameFiles(packages: readonly PlannedPackage[]): ExtensionPackage[] {
  const named = new Map<string, PlannedPackage>();
  for (const each of packages) {
    const file = `${each.name}_${each.version.replace(/^\d+:/, "")}_${each.architecture}.deb`;
    const other = named.get(file);
    if (other?.sha256 === each.sha256) continue;
    const reason = other
      ? `"${packageTitle(other)}" has the same file name`
      : /^[a-z0-9][a-z0-9.+-]*_[A-Za-z0-9.+~:-]+_[a-z0-9-]+\.deb$/.test(file)
      ? undefined
      : "that is no file name";
    if (reason !== undefined) {
      throw new ExtensionsError(
        "extensions/bad-name",
        `Cannot write "${packageTitle(each)}": ${reason}`,
        { subject: each.name, hint: "Leave it out, or use another source" },
      );
    }
    named.set(file, each);
  }
  return [...named].map(([file, each]) => ({ file, package: each })).sort((a, b) =>
    a.file < b.file ? -1 : 1
  );
}
