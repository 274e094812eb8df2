import { type AptCallOptions, AptRoot, readHostSources, type Repository } from "@apt-ostree/apt";
import type { Runner } from "@apt-ostree/base";

/** Where the packages of a host come from, and what is kept of them. */
export interface HostAptOptions {
  /** Root of the system whose sources are used. @default "/" */
  readonly sysroot?: string;
  /** dpkg architecture. @default that of this machine */
  readonly architecture?: string;
  /** Starts apt. @default {hostRunner} */
  readonly runner?: Runner;
}

/** Where the package lists of a host are kept, below its root. */
const CACHE = "var/cache/apt-ostree/apt";

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/**
 * An isolated apt over a host's own sources and preferences; the host's apt is never touched.
 *
 * @throws {AptError} `apt/no-sources`.
 */
export async function openHostApt(options: HostAptOptions = {}): Promise<AptRoot> {
  const root = (options.sysroot ?? "/").replace(/\/+$/, "");
  const { architecture = ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch } = options;
  return await AptRoot.create({
    dir: `${root}/${CACHE}`,
    architecture,
    sources: readHostSources(root === "" ? "/" : root),
    hostDates: root === "",
    preferences: readPreferences(`${root}/etc/apt`),
    ...(options.runner ? { runner: options.runner } : {}),
  });
}

/**
 * Fetch the package lists of a host.
 *
 * @param options.force Forget what was fetched, so that all is fetched again. @default {false}
 * @throws {AptError} If a source cannot be used.
 */
export async function refreshMetadata(
  options: HostAptOptions & AptCallOptions & { readonly force?: boolean } = {},
): Promise<Repository[]> {
  const { progress, signal, force = false } = options;
  const apt = await openHostApt(options);
  if (force) apt.forget();
  const start = performance.now();
  const phase = "refresh";
  progress?.({ type: "phase-start", phase, title: "Updating package lists" });
  const repositories = await apt.update(signal ? { signal } : {});
  const ms = performance.now() - start;
  const summary = `${repositories.length} sources`;
  progress?.({ type: "phase-end", phase, done: repositories.length, ms, summary });
  return repositories;
}

/** All preferences of a host as one text, in apt's order. */
export function readPreferences(etc: string): string {
  const texts: string[] = [];
  const add = (path: string) => {
    try {
      texts.push(Deno.readTextFileSync(path).trimEnd());
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  for (const name of namesIn(`${etc}/preferences.d`)) {
    if (/^[\w-]+(\.pref)?$/.test(name)) add(`${etc}/preferences.d/${name}`);
  }
  add(`${etc}/preferences`);
  return texts.filter((text) => text !== "").map((text) => `${text}\n`).join("\n");
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
