import type { Repo } from "@apt-ostree/ostree";
import { formatCycloneDx } from "./cyclonedx.ts";
import { type InventoryOptions, readInventory } from "./inventory.ts";
import type { SbomFormat } from "./sbom_format.ts";
import { formatSpdx } from "./spdx.ts";

const FORMATTERS = { spdx: formatSpdx, cyclonedx: formatCycloneDx } as const;

/** Ends of file names, as the tools of each form know them. */
const SUFFIXES: Readonly<Record<SbomFormat, string>> = {
  spdx: "spdx.json",
  cyclonedx: "cdx.json",
};

/**
 * The bill of materials of a commit, from the commit alone: its text is the same wherever and whenever
 * it is made.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @throws {RefError} `ref/not-found`. @throws {FormatError} If its dpkg database is damaged.
 */
export async function readSbom(
  repo: Repo,
  rev: string,
  format: SbomFormat,
  options: InventoryOptions = {},
): Promise<string> {
  return FORMATTERS[format](await readInventory(repo, rev, options));
}

/** Where a repository keeps the bills of materials of its commits. */
export function sbomDirectory(repo: Repo): string {
  return `${repo.path}/extensions/aptostree/sbom`;
}

/**
 * Write bills of materials beside a commit; those of commits that are gone are removed.
 *
 * @param source Repository that has the commit's objects.
 * @param target Repository beside whose objects they are written.
 * @returns Paths of the files.
 */
export async function writeSboms(
  source: Repo,
  target: Repo,
  commit: string,
  formats: readonly SbomFormat[],
): Promise<string[]> {
  const dir = sbomDirectory(target);
  Deno.mkdirSync(dir, { recursive: true });
  for (const { name } of [...Deno.readDirSync(dir)]) {
    const owner = name.split(".")[0]!;
    if (owner !== commit && !target.hasObject(owner, "commit")) Deno.removeSync(`${dir}/${name}`);
  }
  const inventory = await readInventory(source, commit);
  return formats.map((format) => {
    const path = `${dir}/${commit}.${SUFFIXES[format]}`;
    Deno.writeTextFileSync(`${path}.new`, FORMATTERS[format](inventory));
    Deno.renameSync(`${path}.new`, path);
    return path;
  });
}
