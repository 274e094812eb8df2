/** One package that apt would install, in its order. */
export interface SimulatedInstall {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Version that is installed now, where there is one. */
  readonly replaces?: string;
  /** Suites that have it, as apt prints them: `Debian:12.11/oldstable`. */
  readonly releases: readonly string[];
}

/** What apt would do. */
export interface Simulation {
  /** Packages it would install, in its order. */
  readonly installs: readonly SimulatedInstall[];
  /** Packages it would remove. */
  readonly removals: readonly { readonly name: string; readonly version: string }[];
}

/** Read the `Inst` and `Remv` lines of `apt-get --simulate`. */
export function parseSimulation(text: string): Simulation {
  const installs: SimulatedInstall[] = [];
  const removals: { name: string; version: string }[] = [];
  for (const line of text.split("\n")) {
    const removed = /^Remv (\S+) \[([^\]]*)\]/.exec(line);
    if (removed) removals.push({ name: removed[1]!.replace(/:.*/, ""), version: removed[2]! });
    const found = /^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*)\[([^\]]+)\]\)/.exec(line);
    if (!found) continue;
    installs.push({
      name: found[1]!.replace(/:.*/, ""),
      version: found[3]!,
      architecture: found[5]!,
      ...(found[2] === undefined ? {} : { replaces: found[2] }),
      releases: found[4]!.split(",").map((release) => release.trim()),
    });
  }
  return { installs, removals };
}

/** One file that apt would download. */
export interface DownloadUri {
  readonly uri: string;
  /** Name that apt gives the file: name, version and architecture. */
  readonly file: string;
  readonly size: number;
  /** 64 hexadecimal digits; "" where the source vouches with no SHA-256. */
  readonly sha256: string;
}

/** Read the lines of `apt-get --print-uris`. */
export function parseUris(text: string): DownloadUri[] {
  const uris: DownloadUri[] = [];
  for (const line of text.split("\n")) {
    const found = /^'([^']+)' (\S+) (\d+) ?(.*)$/.exec(line);
    if (!found) continue;
    const sha256 = /SHA256:([0-9a-f]{64})/.exec(found[4]!)?.[1] ?? "";
    uris.push({ uri: found[1]!, file: found[2]!, size: Number(found[3]), sha256 });
  }
  return uris;
}

/** The name under which apt keeps a package's file, epochs and tildes escaped. */
export function aptFileName(name: string, version: string, architecture: string): string {
  const escape = (text: string) =>
    text.replaceAll("%", "%25").replaceAll("_", "%5f").replaceAll(":", "%3a");
  return `${escape(name)}_${escape(version)}_${escape(architecture)}.deb`;
}

/** The paragraph of unmet dependencies in apt's refusal, one line each, without indentation. */
export function parseUnmet(text: string): string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("The following packages have unmet"));
  if (start < 0) return [];
  const unmet: string[] = [];
  let subject = "";
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith(" ")) break;
    const first = /^ (\S+) : (.*)$/.exec(line);
    if (first) subject = first[1]!;
    unmet.push(`${subject}: ${(first?.[2] ?? line).trim()}`);
  }
  return unmet;
}

/** A package list that `apt-get update` begins to fetch, or finds to be as it was. */
export interface FetchLine {
  /** What a person reads: `bookworm/main amd64 Packages [8,792 kB]`. */
  readonly item: string;
  /** Whether it is another one than before. */
  readonly isNew: boolean;
}

/** Read a line of `apt-get update`; `undefined` where it tells something else. */
export function parseFetch(line: string): FetchLine | undefined {
  const found = /^(Get|Hit):\d+ \S+ (.+)$/.exec(line);
  return found ? { item: found[2]!, isNew: found[1] === "Get" } : undefined;
}

/** How much `apt-get update` says that it fetched in all, for people: `9,190 kB`. */
export function parseFetched(line: string): string | undefined {
  return /^Fetched (\d\S* \w?B) in /.exec(line)?.[1];
}
