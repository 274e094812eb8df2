/**
 * The packages of a set, fetched once and kept in the user's cache, as an archive that has these and no
 * others: whoever installs from it installs the same versions.
 *
 * @module
 */
import { AptRoot, parseSources, parseStanza, readHostSources } from "@apt-ostree/apt";
import { signArchive } from "../support/archive.ts";
import { testCache } from "../support/real_debs.ts";
import type { PackageSet } from "./package_sets.ts";

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
  const list = `${cache}/${set.name}.json`;
  const kept = readKept(list, set) ?? await plan(apt, set, list);
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

async function plan(apt: AptRoot, set: PackageSet, list: string): Promise<Kept[]> {
  await apt.update();
  const { packages } = await apt.plan({ install: set.packages, recommends: false });
  const kept = packages.map(({ uri, source, fields }): Kept => {
    const stanza = [...fields].map(([name, value]) =>
      `${name}:${value.startsWith("\n") ? "" : " "}${value}\n`
    );
    return { uri, source, stanza: stanza.join("") };
  });
  Deno.writeTextFileSync(`${list}.new`, JSON.stringify({ set, kept }));
  Deno.renameSync(`${list}.new`, list);
  return kept;
}

/** The plan of an earlier run, unless the set has changed since. */
function readKept(list: string, set: PackageSet): Kept[] | undefined {
  try {
    const { set: planned, kept } = JSON.parse(Deno.readTextFileSync(list));
    return JSON.stringify(planned) === JSON.stringify(set) ? kept : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The sources of this machine that offer its own suite. */
function debianSources() {
  const release = Deno.readTextFileSync("/etc/os-release");
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? "";
  return readHostSources().filter((file) =>
    parseSources(file).some(({ suites }) => suites.some((each) => each.startsWith(suite)))
  );
}
