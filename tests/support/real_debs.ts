/**
 * Real packages of two suites, fetched once and kept in the user's cache.
 *
 * @module
 */
import {
  AptRoot,
  parseSources,
  parseStanza,
  type PlannedPackage,
  readHostSources,
  type Stanza,
} from "@apt-ostree/apt";

/** Packages of each suite that nobody chose: those whose checksums come first. */
const COUNT = 205;
/** Bytes of a package that may be among them. */
const [SMALLEST, LARGEST] = [2_000, 150_000];
/** Packages with owners, modes, links and directories that others lack; those that a suite has. */
const ODD = [
  "at",
  "base-files",
  "bsdgames",
  "cron",
  "debianutils",
  "dma",
  "e2fsprogs",
  "gzip",
  "libc-bin",
  "man-db",
  "perl-base",
  "plocate",
  "ssl-cert",
  "sudo",
  "tzdata",
  "xz-utils",
];
/** The suites; the one of this machine is always among them. */
const SUITES = ["bookworm", "trixie"];

/** A real package in the cache. */
export interface RealDeb {
  /** Its file. */
  readonly path: string;
  /** The suite that it is from. */
  readonly suite: string;
  /** Its stanza of the index. */
  readonly fields: Stanza;
}

/** Directory that keeps what tests have fetched, from one run to the next. */
export function testCache(): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${home}/apt-ostree-tests`;
}

/** At least 400 packages of two suites. The first call needs a network, later ones do not. */
export async function realDebs(): Promise<RealDeb[]> {
  const debs: RealDeb[] = [];
  for (const suite of suites()) debs.push(...await debsOf(suite, chooseMany));
  return debs;
}

/** The packages of these names from the suite of this machine; more than one version of none. */
export function namedDebs(names: readonly string[]): Promise<RealDeb[]> {
  const name = `named-${names.join("-").slice(0, 100)}`;
  return debsOf(hostSuite(), (stanzas) => chooseNamed(stanzas, names), name);
}

type Choose = (paragraphs: readonly string[]) => string[];

async function debsOf(suite: string, choose: Choose, name = suite): Promise<RealDeb[]> {
  const cache = testCache();
  const list = `${cache}/${name}.json`;
  const chosen = readText(list) ?? await fetchList(suite, choose, list);
  const packages = (JSON.parse(chosen) as [Omit<PlannedPackage, "fields">, string][]).map((
    [planned, fields],
  ) => ({ ...planned, fields: parseStanza(fields, suite) }));
  const apt = await suiteApt(suite);
  const debs: RealDeb[] = [];
  for await (
    const { package: { fields }, path } of apt.download(packages, `${cache}/debs-${suite}`)
  ) {
    debs.push({ path, suite, fields });
  }
  return debs;
}

/** An isolated apt over a suite of this machine's archive; its directory is kept. */
export function suiteApt(suite: string): Promise<AptRoot> {
  const source = hostSource();
  const key = source.options.get("Signed-By");
  const text = [
    "Types: deb",
    `URIs: ${source.uris[0]}`,
    `Suites: ${suite}`,
    "Components: main",
    ...(key === undefined ? [] : [`Signed-By: ${key}`]),
    "",
  ].join("\n");
  return AptRoot.create({
    dir: `${testCache()}/apt-${suite}`,
    architecture: Deno.build.arch === "x86_64" ? "amd64" : "arm64",
    sources: [{ name: "test.sources", text }],
    hostDates: true, // its archives are those of this machine
  });
}

/** Fetch a suite's index and choose from it. @returns The chosen packages as JSON. */
async function fetchList(suite: string, choose: Choose, list: string): Promise<string> {
  const apt = await suiteApt(suite);
  const [repository] = await apt.update();
  const lists = `${testCache()}/apt-${suite}/var/lib/apt/lists`;
  const index = [...Deno.readDirSync(lists)].find(({ name }) => name.endsWith("_Packages"))!;
  const paragraphs = Deno.readTextFileSync(`${lists}/${index.name}`).split("\n\n");
  const packages = choose(paragraphs).map((text) => {
    const fields = parseStanza(text, suite);
    const get = (field: string) => fields.get(field) ?? "";
    const planned: Omit<PlannedPackage, "fields"> = {
      name: get("Package"),
      version: get("Version"),
      architecture: get("Architecture"),
      source: repository!.id,
      uri: `${repository!.uri}${get("Filename")}`,
      size: Number(get("Size")),
      sha256: get("SHA256"),
      installedSize: 0,
      reason: "requested",
    };
    return [planned, text];
  });
  const json = JSON.stringify(packages);
  Deno.writeTextFileSync(`${list}.new`, json);
  Deno.renameSync(`${list}.new`, list);
  return json;
}

function chooseMany(paragraphs: readonly string[]): string[] {
  const fitting = paragraphs.map((text) => ({
    text,
    name: /^Package: (.*)$/m.exec(text)?.[1] ?? "",
    size: Number(/^Size: (\d+)$/m.exec(text)?.[1]),
    sha256: /^SHA256: (\w+)$/m.exec(text)?.[1] ?? "~",
  }));
  const odd = fitting.filter(({ name }) => ODD.includes(name));
  const plain = fitting.filter(({ size, name }) =>
    size > SMALLEST && size < LARGEST && !ODD.includes(name)
  );
  const first = plain.sort((a, b) => a.sha256 < b.sha256 ? -1 : 1).slice(0, COUNT);
  return [...odd, ...first].map(({ text }) => text);
}

function chooseNamed(paragraphs: readonly string[], names: readonly string[]): string[] {
  return names.map((name) => {
    const found = paragraphs.find((text) => text.startsWith(`Package: ${name}\n`));
    if (found === undefined) throw new Error(`The suite of this machine has no ${name}`);
    return found;
  });
}

function hostSource() {
  const suite = hostSuite();
  const sources = readHostSources().flatMap(parseSources);
  const found = sources.find(({ types, suites }) =>
    types.includes("deb") && suites.includes(suite)
  );
  if (!found) throw new Error(`No source of this machine has its suite ${suite}`);
  return found;
}

function hostSuite(): string {
  const text = Deno.readTextFileSync("/etc/os-release");
  return /^VERSION_CODENAME=(.*)$/m.exec(text)?.[1] ?? "";
}

function suites(): string[] {
  const own = hostSuite();
  return [own, SUITES.find((suite) => suite !== own)!];
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
