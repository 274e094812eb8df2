import { hasSha256, type PlannedPackage } from "@apt-ostree/apt";
import { pathExists, syncFilesystem } from "@apt-ostree/base";
import { WorkDir } from "@apt-ostree/sandbox";
import type { ExtensionPackage, ExtensionsPlan } from "./plan_extensions.ts";

/** File of an output directory that says what it holds. */
export const STATE_FILE = ".apt-ostree-state-chksum";

/** Whether an output directory holds a plan already: its digest, and every file whole. */
export function holdsExtensions(directory: string, { digest, packages }: ExtensionsPlan): boolean {
  return readState(directory) === digest && pathExists(`${directory}/extensions.json`) &&
    packages.every((each) => isWhole(directory, each));
}

/** How {@linkcode writeExtensions} gets packages. */
export interface WriteExtensionsOptions {
  /** Fetches packages and checks them. */
  readonly download: (
    packages: readonly PlannedPackage[],
  ) => AsyncIterable<{ readonly package: PlannedPackage; readonly path: string }>;
  /** Stops the work while nothing is in its place yet; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Make an output directory hold a plan.
 *
 * New files are written beside the old ones and come to their places by their names once all are there;
 * the digest is written last. Packages of an earlier plan are removed; what else lies there stays.
 */
export async function writeExtensions(
  directory: string,
  plan: ExtensionsPlan,
  options: WriteExtensionsOptions,
): Promise<void> {
  const { signal } = options;
  const missing = plan.packages.filter((each) => !isWhole(directory, each));
  const files = new Map(missing.map((each) => [each.package.sha256, each.file]));
  using work = WorkDir.create(directory);
  for await (const { package: { sha256 }, path } of options.download(missing.map(packageOf))) {
    const beside = work.join(`${sha256}.deb`);
    Deno.copyFileSync(path, beside);
    Deno.chmodSync(beside, 0o644);
  }
  // What could fill the disk is written before anything comes to its place.
  const prepare = (beside: string, name: string, text: string) => {
    Deno.writeTextFileSync(work.join(beside), text);
    Deno.chmodSync(work.join(beside), 0o644);
    return () => Deno.renameSync(work.join(beside), `${directory}/${name}`);
  };
  const placeJson = prepare("json", "extensions.json", plan.json);
  const placeUnfinished = prepare("unfinished", STATE_FILE, "");
  const placeDigest = prepare("digest", STATE_FILE, plan.digest);
  syncFilesystem(work.path);
  signal?.throwIfAborted();
  const before = readState(directory);
  placeUnfinished();
  for (const [sha256, file] of files) {
    Deno.renameSync(work.join(`${sha256}.deb`), `${directory}/${file}`);
  }
  const wanted = new Set(plan.packages.map(({ file }) => file));
  for (const { name, isFile } of before === undefined ? [] : Deno.readDirSync(directory)) {
    if (isFile && name.endsWith(".deb") && !wanted.has(name)) {
      Deno.removeSync(`${directory}/${name}`);
    }
  }
  placeJson();
  syncFilesystem(work.path);
  placeDigest();
}

function packageOf(each: ExtensionPackage): PlannedPackage {
  return each.package;
}

function isWhole(directory: string, { file, package: each }: ExtensionPackage): boolean {
  const path = `${directory}/${file}`;
  try {
    const found = Deno.lstatSync(path);
    return found.isFile && found.size === each.size && hasSha256(path, each.sha256);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function readState(directory: string): string | undefined {
  try {
    return Deno.readTextFileSync(`${directory}/${STATE_FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
