import {
  type AptCallOptions,
  AptRoot,
  type PreferencesFile,
  readHostSources,
  type Repository,
} from "@apt-ostree/apt";
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

/** Where the package lists of a host are kept, below its /var/cache or what is that to its user. */
const CACHE = "apt-ostree/apt";

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/**
 * An isolated apt over a host's own sources and preferences; the host's apt is never touched.
 *
 * Package lists of the running system are kept in /var/cache/apt-ostree; an ordinary user has lists of
 * its own, in `$XDG_CACHE_HOME`.
 *
 * @throws {AptError} `apt/no-sources`.
 */
export async function openHostApt(options: HostAptOptions = {}): Promise<AptRoot> {
  const root = (options.sysroot ?? "/").replace(/\/+$/, "");
  const { architecture = ARCHITECTURES[Deno.build.arch] ?? Deno.build.arch } = options;
  return await AptRoot.create({
    dir: `${root === "" && Deno.uid() !== 0 ? userCache() : `${root}/var/cache`}/${CACHE}`,
    architecture,
    sources: readHostSources(root === "" ? "/" : root),
    hostDates: root === "",
    preferences: readPreferences(`${root}/etc/apt`),
    ...(options.runner ? { runner: options.runner } : {}),
  });
}

/** An ordinary user's directory of what can be made again. @see XDG Base Directory Specification */
function userCache(): string {
  const given = Deno.env.get("XDG_CACHE_HOME");
  if (given?.startsWith("/")) return given;
  const home = Deno.env.get("HOME");
  return home?.startsWith("/") ? `${home}/.cache` : "/var/cache";
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
  const { force = false, ...call } = options;
  const apt = await openHostApt(options);
  if (force) await apt.forget(call);
  return await apt.update(call);
}

/** All preferences of a host, in apt's order. */
export function readPreferences(etc: string): PreferencesFile[] {
  const files: PreferencesFile[] = [];
  const add = (name: string) => {
    try {
      files.push({ name, text: Deno.readTextFileSync(`${etc}/${name}`) });
    } catch (error) {
      // What is no regular file apt passes over, too.
      const passed = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.IsADirectory ||
        error instanceof Deno.errors.NotADirectory;
      if (!passed) throw error;
    }
  };
  for (const name of namesIn(`${etc}/preferences.d`)) {
    if (/^[\w-]+(\.pref)?$/.test(name)) add(`preferences.d/${name}`);
  }
  add("preferences");
  return files.filter(({ text }) => text.trim() !== "");
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return [];
    throw error;
  }
}
