/**
 * The packages of a set, fetched once and kept in the user's cache, as an archive that has these and no
 * others: whoever installs from it installs the same versions.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { AptRoot, formatStanza, parseSources, parseStanza, readHostSources } from "@apt-ostree/apt";
import { signArchive } from "../support/archive.ts";
import { testCache } from "../support/real_debs.ts";
import { PACKAGE_SETS, type PackageSet } from "./package_sets.ts";

/** An archive on disk. */
export interface SetArchive {
  /** Its directory. */
  readonly dir: string;
  /** Text of a .sources file that names it. */
  readonly sources: string;
  /** `name version` of each package, sorted. */
  readonly packages: readonly string[];
}

/** What is kept of apt's plan: enough to fetch the packages again. */
interface Kept {
  readonly uri: string;
  readonly source: string;
  readonly stanza: string;
}

/**
 * Lay the archive of a set out in a directory.
 *
 * The first call of a machine needs its package sources; later ones do not.
 */
export async function setArchive(set: PackageSet, dir: string): Promise<SetArchive> {
  const cache = `${testCache()}/fidelity`;
  Deno.mkdirSync(dir, { recursive: true });
  Deno.mkdirSync(cache, { recursive: true });
  const apt = await AptRoot.create({
    dir: `${cache}/apt`,
    architecture: Deno.build.arch === "x86_64" ? "amd64" : "arm64",
    sources: debianSources(),
  });
  plans ??= readKept(cache) ?? await planAll(apt, cache);
  const kept = plans[set.name]!;
  const packages = kept.map(({ uri, source, stanza }) => {
    const fields = parseStanza(stanza, set.name);
    const get = (name: string) => fields.get(name) ?? "";
    return {
      name: get("Package"),
      version: get("Version"),
      architecture: get("Architecture"),
      source,
      uri,
      size: Number(get("Size")),
      sha256: get("SHA256"),
      installedSize: 0,
      reason: "requested" as const,
      fields,
    };
  });
  for await (const _ of apt.download(packages, `${cache}/debs`)); // all of them, to the cache
  Deno.symlinkSync(`${cache}/debs`, `${dir}/debs`);
  const index = kept.map(({ stanza }, at) =>
    `${
      stanza.trimEnd().replace(/^Filename: .*$/m, `Filename: debs/${packages[at]!.sha256}.deb`)
    }\n\n`
  );
  const { sources } = await signArchive(dir, index.join(""));
  return {
    dir,
    sources,
    packages: packages.map(({ name, version }) => `${name} ${version}`).sort(),
  };
}

/** Plans by name of the set. */
type AllKept = Readonly<Record<string, readonly Kept[]>>;

/** Let apt plan all sets over the same package lists, so that they share versions. */
async function planAll(apt: AptRoot, cache: string): Promise<AllKept> {
  await apt.update();
  const all: Record<string, readonly Kept[]> = {};
  for (const set of PACKAGE_SETS) {
    const { packages } = await apt.plan({ install: set.packages, recommends: false });
    all[set.name] = packages.map(({ uri, source, fields }) => ({
      uri,
      source,
      stanza: `${formatStanza(fields)}\n`,
    }));
  }
  const text = JSON.stringify({ sets: PACKAGE_SETS, all });
  Deno.writeTextFileSync(`${cache}/plans.json.new`, text);
  Deno.renameSync(`${cache}/plans.json.new`, `${cache}/plans.json`);
  return all;
}

/** The plans of this run, which all sets share. */
let plans: AllKept | undefined;

/**
 * The plans of an earlier run, unless the sets have changed since, or they are of another day and not all
 * of their packages were fetched: archives keep no old versions.
 */
function readKept(cache: string): AllKept | undefined {
  const file = `${cache}/plans.json`;
  if (!existsSync(file)) return undefined;
  const { sets, all } = JSON.parse(Deno.readTextFileSync(file));
  if (JSON.stringify(sets) !== JSON.stringify(PACKAGE_SETS)) return undefined;
  const fresh = Date.now() - Number(Deno.statSync(file).mtime) < DAY;
  const fetched = Object.values(all as AllKept).flat().every(({ stanza }) =>
    existsSync(`${cache}/debs/${/^SHA256: (.*)$/m.exec(stanza)?.[1]}.deb`)
  );
  return fresh || fetched ? all : undefined;
}

const DAY = 24 * 60 * 60 * 1000;

/** The sources of this machine that offer its own suite. */
function debianSources() {
  const release = Deno.readTextFileSync("/etc/os-release");
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? "";
  return readHostSources().filter((file) =>
    parseSources(file).some(({ suites }) => suites.some((each) => each.startsWith(suite)))
  );
}
