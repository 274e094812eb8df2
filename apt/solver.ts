import { createHash } from "node:crypto";
import { RunError } from "@apt-ostree/base";
import { withAskers } from "./ask_reasons.ts";
import { aptFileName, parseSimulation, parseUris, type SimulatedInstall } from "./apt_output.ts";
import { explainPlan } from "./apt_refusal.ts";
import type { AptRunner } from "./apt_runner.ts";
import { getField, type Stanza } from "./deb822.ts";
import { AptError, DebError } from "./error.ts";
import type { PackagesIndex } from "./packages_index.ts";
import type { Plan, PlannedPackage, PlanRequest } from "./plan.ts";
import type { PreferencesFile } from "./preferences.ts";
import { openDeb } from "./read_deb.ts";
import type { Fetched, IndexFile } from "./repositories.ts";
import { writeAptStatus } from "./status_file.ts";

/** What {@linkcode solve} works with. */
export interface SolverWorld {
  /** Starts apt. */
  readonly apt: AptRunner;
  /** Directory of the isolated apt. */
  readonly dir: string;
  /** dpkg name of the native architecture. */
  readonly architecture: string;
  /** Further architectures that packages may have. */
  readonly foreignArchitectures: readonly string[];
  /** What apt has fetched. */
  readonly fetched: Fetched;
  /** Its preferences. */
  readonly preferences: readonly PreferencesFile[];
  /** Its indexes, in their order. */
  indexes(): readonly PackagesIndex[];
}

/** A package that somebody gave as a file. */
interface LocalDeb {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly fields: Stanza;
}

/**
 * Let apt answer a request.
 *
 * @throws {AptError} `apt/no-such-package`, `apt/conflict`, `apt/failed`.
 * @throws {DebError} If a local .deb cannot be read.
 */
export async function solve(
  world: SolverWorld,
  request: PlanRequest,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const { apt, dir, architecture } = world;
  const { recommends = true, essential = true, exclude = [], locked = new Map() } = request;
  const locals = await Promise.all((request.localDebs ?? []).map(readLocalDeb));
  const native = `?architecture(${architecture})`;
  const install = request.install.map((name) => {
    const version = locked.get(name);
    return version === undefined ? name : `${name}=${version}`;
  });
  const wanted = [
    ...(essential ? [`?and(${native},?essential)`] : []),
    ...install,
    ...locals.map(({ path }) => path),
    ...(request.remove ?? []).map((name) => `${name}-`),
  ];
  const onlyLocked = request.lockedOnly ? ["Package: *\nPin: release *\nPin-Priority: -1\n"] : [];
  const pins = onlyLocked.concat(exclude.map((name) => pin(name, "*", -1)))
    .concat((request.forbidden ?? []).map(([name, version]) => pin(name, version, -1)))
    .concat([...locked].map(([name, version]) => pin(name, version, 1001)));
  Deno.writeTextFileSync(`${dir}/etc/apt/preferences.d/request`, pins.join("\n"));
  holdPackages(dir, request.hold ?? []);
  const release = request.targetRelease;
  const flags = [
    ...["-q", "-o", `APT::Install-Recommends=${recommends}`],
    // apt asks back about these; whoever makes the request has decided.
    ...["--allow-downgrades", ...(request.remove?.length ? ["--allow-remove-essential"] : [])],
    ...(release === undefined ? [] : ["-o", `APT::Default-Release=${release}`]),
  ];
  const answer = async (mode: "--simulate" | "--print-uris") => {
    let errors = "";
    const decoder = new TextDecoder();
    try {
      const verb = request.upgradeAll ? "dist-upgrade" : "install";
      return await apt.text(["apt-get", mode, ...flags, verb, "--", ...wanted], {
        ...(signal ? { signal } : {}),
        onStderr: (piece) => errors += decoder.decode(piece, { stream: true }),
      });
    } catch (cause) {
      if (!(cause instanceof RunError) || cause.code !== "run/failed") throw cause;
      const output = `${new TextDecoder().decode(cause.stdout)}${errors}`;
      throw await explainPlan(output, request, world, cause);
    }
  };
  const answered = answer("--simulate");
  answered.catch(() => {}); // awaited below
  // Reading the indexes costs nothing while apt does the same.
  for (const index of world.indexes()) index.names();
  const simulated = parseSimulation(await answered);
  const fromArchives = simulated.installs.filter((each) => !localOf(each, locals));
  const stanzas = show(world.indexes(), fromArchives);
  // Where two archives have suites of one name, only apt knows which of them a package comes from.
  const clear = fromArchives.every((each) => indexesOf(each, world.fetched.indexes).length === 1);
  const uris = clear ? [] : parseUris(await answer("--print-uris"));
  const byFile = new Map(uris.map((uri) => [uri.file, uri.uri]));
  const requested = new Set(request.install.map((name) => name.replace(/[=/:].*/, "")));
  const packages = simulated.installs.map((each) => {
    const local = localOf(each, locals);
    return local
      ? plannedLocal(each, local)
      : planned(each, byFile, stanzas, requested, world.fetched.indexes);
  });
  return { packages: withAskers(packages), removals: simulated.removals };
}

/**
 * A package as plans have it.
 *
 * @param uris Where apt would fetch it from, by its name of the file.
 * @param stanzas Of the indexes, by name, version and architecture.
 * @throws {AptError} `apt/weak-source` if no SHA-256 vouches for it.
 */
export function planned(
  each: SimulatedInstall,
  uris: ReadonlyMap<string, string>,
  stanzas: ReadonlyMap<string, Stanza>,
  requested: ReadonlySet<string>,
  indexes: readonly IndexFile[],
): PlannedPackage {
  const { name, version, architecture } = each;
  const fields = stanzas.get(`${name} ${version} ${architecture}`);
  const sha256 = fields?.get("SHA256") ?? "";
  const [index] = indexesOf(each, indexes);
  const path = fields?.get("Filename")?.replace(/^\.\//, "");
  const uri = uris.get(aptFileName(name, version, architecture)) ??
    (index && path ? `${index.uri}${path}` : undefined);
  if (!uri || !fields || !/^[0-9a-f]{64}$/.test(sha256)) {
    const message = `Cannot plan "${name}" ${version}: its source vouches with no SHA-256`;
    throw new AptError("apt/weak-source", message, {
      subject: name,
      hint: "Use a source whose Packages index has SHA256 fields",
    });
  }
  const essential = fields.get("Essential") === "yes";
  return {
    name,
    version,
    architecture,
    ...(each.replaces === undefined ? {} : { replaces: each.replaces }),
    source: (index ?? indexes.find((one) => uri.startsWith(one.uri)))?.id ?? "",
    uri,
    size: Number(fields.get("Size") ?? 0),
    sha256,
    installedSize: Number(fields.get("Installed-Size") ?? 0),
    reason: requested.has(name) ? "requested" : essential ? "essential" : "dependency",
    fields,
  };
}

function plannedLocal(each: SimulatedInstall, local: LocalDeb): PlannedPackage {
  const { name, version, architecture } = each;
  return {
    name,
    version,
    architecture,
    ...(each.replaces === undefined ? {} : { replaces: each.replaces }),
    source: "local",
    uri: `file:${local.path}`,
    size: local.size,
    sha256: local.sha256,
    installedSize: Number(local.fields.get("Installed-Size") ?? 0),
    reason: "requested",
    fields: local.fields,
  };
}

async function readLocalDeb(path: string): Promise<LocalDeb> {
  if (!path.startsWith("/")) throw new RangeError(`Not an absolute path: "${path}"`);
  let bytes: Deno.FileInfo;
  try {
    bytes = await Deno.stat(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new AptError("apt/no-such-package", `Cannot install "${path}": there is no such file`, {
      subject: path,
      hint: "Check the path",
      cause,
    });
  }
  const deb = await openDeb(path);
  const { control: fields } = deb;
  for (const name of ["Package", "Version", "Architecture"]) {
    if (fields.get(name)) continue;
    throw new DebError("deb/bad-control", `Cannot install "${path}": it has no ${name}`, {
      subject: path,
      hint: "Build it again with dpkg-deb",
    });
  }
  const hash = createHash("sha256");
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(1024 * 1024);
  for (let read; (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
  return { path, size: bytes.size, sha256: hash.digest("hex"), fields };
}

function localOf(each: SimulatedInstall, locals: readonly LocalDeb[]): LocalDeb | undefined {
  return locals.find(({ fields }) =>
    fields.get("Package") === each.name && fields.get("Version") === each.version &&
    fields.get("Architecture") === each.architecture
  );
}

/** Archives that have a suite which the package is from; one of each. */
function indexesOf({ releases }: SimulatedInstall, indexes: readonly IndexFile[]): IndexFile[] {
  const fitting = indexes.filter(({ suite }) =>
    releases.some((release) => /[/:]([^/:]*)$/.exec(release)?.[1] === suite)
  );
  return fitting.filter(({ uri }, at) => fitting.findIndex((other) => other.uri === uri) === at);
}

/** Index stanzas of exactly these packages. */
function show(
  indexes: readonly PackagesIndex[],
  installs: readonly SimulatedInstall[],
): Map<string, Stanza> {
  const found = new Map<string, Stanza>();
  for (const { name, version, architecture } of installs) {
    for (const stanza of indexes.flatMap((index) => index.find(name))) {
      if (getField(stanza, "Version") !== version) continue;
      if (getField(stanza, "Architecture") !== architecture) continue;
      const key = `${name} ${version} ${architecture}`;
      // The same package may stand in several suites.
      if (!found.has(key)) found.set(key, stanza);
    }
  }
  return found;
}

/** Say in apt's status file which installed packages stay as they are. */
function holdPackages(dir: string, names: readonly string[]): void {
  const file = `${dir}/var/lib/dpkg/status`;
  const text = Deno.readTextFileSync(file);
  const all = new Set(names);
  const held = text.split("\n\n").map((paragraph) => {
    const name = /^Package: (.*)$/m.exec(paragraph)?.[1];
    const want = name !== undefined && all.has(name) ? "hold" : "install";
    return paragraph.replace(/^Status: (?:hold|install) /m, `Status: ${want} `);
  }).join("\n\n");
  writeAptStatus(file, held);
}

function pin(name: string, version: string, priority: number): string {
  return `Package: ${name}\nPin: version ${version}\nPin-Priority: ${priority}\n`;
}
