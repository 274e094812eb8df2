import { createHash } from "node:crypto";
import { hostRunner, type Progress, RunError, type Runner } from "@apt-ostree/base";
import { formatAptConfig, hostTransport } from "./apt_config.ts";
import { aptFileName, parseSimulation, parseUris, type SimulatedInstall } from "./apt_output.ts";
import { explainPlan, explainUpdate } from "./apt_refusal.ts";
import { parseDeb822, type Stanza } from "./deb822.ts";
import { type Downloaded, type DownloadOptions, downloadPackages } from "./download.ts";
import { AptError } from "./error.ts";
import { formatPlan, parsePlan, type Plan, type PlannedPackage, type PlanRequest } from "./plan.ts";
import { parseSources, type SourcesFile } from "./sources.ts";

/** How an {@linkcode AptRoot} is made. */
export interface AptRootOptions {
  /** Directory of its own; made where it is missing, and used again later. */
  readonly dir: string;
  /** dpkg name of the architecture, for example `amd64`. */
  readonly architecture: string;
  /** Further architectures that packages may have. */
  readonly foreignArchitectures?: readonly string[];
  /** Sources; paths of keys in them are absolute. */
  readonly sources: readonly SourcesFile[];
  /** Text of a preferences file. */
  readonly preferences?: string;
  /** Whether the host's keys, passwords and proxies serve. @default {true} */
  readonly hostTrust?: boolean;
  /** Proxy for HTTP, as `Acquire::http::Proxy` takes it. */
  readonly proxy?: string;
  /** Starts apt. @default {hostRunner} */
  readonly runner?: Runner;
}

/** One suite of one source, as its Release file describes it. */
export interface Repository {
  /** Name of the sources file and suite, for example `debian.sources/bookworm`. */
  readonly id: string;
  /** Where it is fetched from. */
  readonly uri: string;
  /** Its suite. */
  readonly suite: string;
  /** Its codename. */
  readonly codename: string;
  /** `Date` of its Release file, in seconds since 1970; 0 where there is none. */
  readonly date: number;
  /** SHA-256 of its InRelease or Release file. */
  readonly releaseSha256: string;
}

/** How long a call may take and whom it tells. */
export interface AptCallOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/**
 * A real apt that cannot leave its own directory: it resolves and downloads, and installs nothing.
 *
 * Every command runs with a configuration that sets its directories, its status file, and
 * `--root` and `--admindir` for any dpkg it might start; and only ever simulates or downloads.
 */
export class AptRoot {
  readonly #dir: string;
  readonly #runner: Runner;
  readonly #sources: readonly SourcesFile[];
  readonly #architecture: string;
  #inputs = "";
  #repositories: Repository[] = [];
  /** `Suite` and archive of each index, to find the source of a package. */
  #indexes: { readonly id: string; readonly uri: string; readonly suite: string }[] = [];

  private constructor(options: AptRootOptions) {
    this.#dir = options.dir;
    this.#runner = options.runner ?? hostRunner;
    this.#sources = options.sources;
    this.#architecture = options.architecture;
  }

  /**
   * Lay out the directory.
   *
   * @throws {AptError} `apt/no-sources` if no source offers binary packages, `apt/missing` if there
   * is no apt.
   */
  static async create(options: AptRootOptions): Promise<AptRoot> {
    const { dir, sources } = options;
    const usable = sources.flatMap(parseSources).some((source) => source.types.includes("deb"));
    if (!usable) {
      throw new AptError("apt/no-sources", "Cannot resolve packages: no source is configured", {
        hint: "Name .sources files with repos:, or put one into /etc/apt/sources.list.d",
      });
    }
    for (const sub of LAYOUT) Deno.mkdirSync(`${dir}/${sub}`, { recursive: true });
    Deno.writeTextFileSync(`${dir}/var/lib/dpkg/status`, "");
    const list = `${dir}/etc/apt/sources.list.d`;
    for (const entry of Deno.readDirSync(list)) Deno.removeSync(`${list}/${entry.name}`);
    for (const { name, text } of sources) Deno.writeTextFileSync(`${list}/${name}`, text);
    Deno.writeTextFileSync(`${dir}/etc/apt/preferences`, options.preferences ?? "");
    const root = new AptRoot(options);
    const extra: (readonly [string, string])[] = options.hostTrust === false
      ? []
      : hostTransport(await root.#text(["apt-config", "dump"], { APT_CONFIG: "/dev/null" }));
    if (options.proxy) extra.push(["Acquire::http::Proxy", options.proxy]);
    const config = formatAptConfig({
      dir,
      architecture: options.architecture,
      foreignArchitectures: options.foreignArchitectures ?? [],
      hostTrust: options.hostTrust !== false,
      extra,
    });
    Deno.writeTextFileSync(`${dir}/apt.conf`, config);
    const digest = createHash("sha256").update(config).update(options.preferences ?? "");
    for (const { name, text } of sources) digest.update(`\0${name}\0${text}`);
    root.#inputs = digest.digest("hex");
    return root;
  }

  /**
   * Fetch what the sources offer; what has not changed is not fetched again.
   *
   * @param options.cacheOnly Use what was fetched before, without any network.
   * @throws {AptError} `apt/untrusted-source`, `apt/update-failed`, `apt/not-cached`.
   */
  async update(
    options: AptCallOptions & { readonly cacheOnly?: boolean } = {},
  ): Promise<Repository[]> {
    if (!options.cacheOnly) {
      let errors = "";
      const decoder = new TextDecoder();
      try {
        await this.#run(["apt-get", "update", "--error-on=any"], {
          ...(options.signal ? { signal: options.signal } : {}),
          onStderr: (piece) => errors += decoder.decode(piece, { stream: true }),
        });
      } catch (error) {
        if (error instanceof RunError && error.code === "run/failed") {
          throw explainUpdate(errors, error);
        }
        throw error;
      }
    }
    this.#repositories = await this.#readRepositories();
    return this.#repositories;
  }

  /**
   * Let apt choose the packages of a system that has none yet.
   *
   * The same question over the same package lists is answered from a file.
   *
   * @throws {AptError} `apt/no-such-package`, `apt/conflict`, `apt/failed`.
   */
  async plan(request: PlanRequest, options: AptCallOptions = {}): Promise<Plan> {
    for (const name of request.install) checkRequest(name);
    const key = createHash("sha256").update(this.#inputs)
      .update(JSON.stringify([PLAN_FORM, request, [...request.locked ?? []]]))
      .update(this.#repositories.map((each) => each.releaseSha256).join());
    const file = `${this.#dir}/plans/${key.digest("hex")}.json`;
    const known = readText(file);
    if (known !== undefined) return parsePlan(known);
    const plan = await this.#solve(request, options.signal);
    Deno.writeTextFileSync(`${file}.new`, formatPlan(plan));
    Deno.renameSync(`${file}.new`, file);
    return plan;
  }

  /**
   * Fetch packages into a directory, each as `<sha256>.deb`, several at a time.
   *
   * What is there already is not fetched again. Each is handed on as soon as its SHA-256 has been
   * checked.
   *
   * @throws {AptError} `apt/bad-download` names the package whose bytes are wrong twice.
   */
  download(
    packages: readonly PlannedPackage[],
    directory: string,
    options: DownloadOptions = {},
  ): AsyncGenerator<Downloaded> {
    return downloadPackages(
      packages,
      directory,
      (argv, runOptions) => this.#run(argv, runOptions),
      options,
    );
  }

  async #solve(request: PlanRequest, signal: AbortSignal | undefined): Promise<Plan> {
    const { recommends = true, essential = true, exclude = [], locked = new Map() } = request;
    const native = `?architecture(${this.#architecture})`;
    const install = request.install.map((name) => {
      const version = locked.get(name);
      return version === undefined ? name : `${name}=${version}`;
    });
    const wanted = [...(essential ? [`?and(${native},?essential)`] : []), ...install];
    const pins = [...exclude].map((name) => pin(name, "*", -1))
      .concat([...locked].map(([name, version]) => pin(name, version, 1001)));
    Deno.writeTextFileSync(`${this.#dir}/etc/apt/preferences.d/request`, pins.join("\n"));
    const flags = ["-q", "-o", `APT::Install-Recommends=${recommends}`];
    const ask = async (mode: string) => {
      let errors = "";
      const decoder = new TextDecoder();
      try {
        return await this.#text(["apt-get", mode, ...flags, "install", "--", ...wanted], {}, {
          ...(signal ? { signal } : {}),
          onStderr: (piece) => errors += decoder.decode(piece, { stream: true }),
        });
      } catch (error) {
        if (!(error instanceof RunError) || error.code !== "run/failed") throw error;
        throw new RefusedError(errors, error);
      }
    };
    const answer = async (mode: string) => {
      try {
        return await ask(mode);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const names = (await this.#text(["apt-cache", "pkgnames"])).split("\n");
        throw explainPlan(`${error.stdout}${error.stderr}`, exclude, () => names, error.cause);
      }
    };
    const installs = parseSimulation(await answer("--simulate"));
    const stanzas = await this.#show(installs);
    // Where two archives have suites of one name, only apt knows which of them a package comes from.
    const clear = installs.every((each) => this.#indexesOf(each).length === 1);
    const uris = clear ? [] : parseUris(await answer("--print-uris"));
    const byFile = new Map(uris.map((uri) => [uri.file, uri.uri]));
    const requested = new Set(request.install.map((name) => name.replace(/[=/:].*/, "")));
    return { packages: installs.map((each) => this.#planned(each, byFile, stanzas, requested)) };
  }

  #planned(
    each: SimulatedInstall,
    uris: ReadonlyMap<string, string>,
    stanzas: ReadonlyMap<string, Stanza>,
    requested: ReadonlySet<string>,
  ): PlannedPackage {
    const { name, version, architecture } = each;
    const fields = stanzas.get(`${name} ${version} ${architecture}`);
    const sha256 = fields?.get("SHA256") ?? "";
    const [index] = this.#indexesOf(each);
    const path = fields?.get("Filename")?.replace(/^\.\//, "");
    const uri = uris.get(aptFileName(name, version, architecture)) ??
      (index && path ? `${index.uri}${path}` : undefined);
    if (!uri || !fields || !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new AptError(
        "apt/failed",
        `Cannot plan "${name}" ${version}: its source vouches with no SHA-256`,
        { subject: name, hint: "Use a source whose Packages index has SHA256 fields" },
      );
    }
    const essential = fields.get("Essential") === "yes";
    return {
      name,
      version,
      architecture,
      source: (index ?? this.#indexes.find((one) => uri.startsWith(one.uri)))?.id ?? "",
      uri,
      size: Number(fields.get("Size") ?? 0),
      sha256,
      installedSize: Number(fields.get("Installed-Size") ?? 0),
      reason: requested.has(name) ? "requested" : essential ? "essential" : "dependency",
      fields,
    };
  }

  /** Archives that have a suite which the package is from; one of each. */
  #indexesOf({ releases }: SimulatedInstall): { readonly id: string; readonly uri: string }[] {
    const fitting = this.#indexes.filter(({ suite }) =>
      releases.some((release) => /[/:]([^/:]*)$/.exec(release)?.[1] === suite)
    );
    return fitting.filter(({ uri }, at) => fitting.findIndex((other) => other.uri === uri) === at);
  }

  /** Index stanzas of exactly these packages. */
  async #show(installs: readonly SimulatedInstall[]): Promise<Map<string, Stanza>> {
    if (installs.length === 0) return new Map();
    const names = installs.map(({ name, version, architecture }) =>
      architecture === "all" ? `${name}=${version}` : `${name}:${architecture}=${version}`
    );
    const text = await this.#text(["apt-cache", "show", "--no-all-versions", "--", ...names]);
    return new Map(
      parseDeb822(text, "apt-cache show").map((stanza) => [
        `${stanza.get("Package")} ${stanza.get("Version")} ${stanza.get("Architecture")}`,
        stanza,
      ]),
    );
  }

  async #readRepositories(): Promise<Repository[]> {
    const fields = "$(SOURCESENTRY)\t$(REPO_URI)\t$(SUITE)\t$(CODENAME)\t$(RELEASE)\t$(FILENAME)";
    const text = await this.#text([
      "apt-get",
      "indextargets",
      "--format",
      fields,
      "Created-By: Packages",
    ]);
    if (text.trim() === "") throw notCached(this.#sources[0]?.name ?? "");
    const repositories = new Map<string, Repository>();
    this.#indexes = [];
    for (const line of text.split("\n").filter((line) => line !== "")) {
      const [entry = "", uri = "", suite = "", codename = "", release = "", file = ""] = line.split(
        "\t",
      );
      const id = `${entry.replace(/^.*\//, "").replace(/:\d+$/, "")}/${release}`;
      this.#indexes.push({ id, uri, suite: suite || codename || release });
      const released = readRelease(file, release);
      if (!released) {
        throw notCached(id);
      }
      repositories.set(`${id} ${uri}`, { id, uri, suite: suite || release, codename, ...released });
    }
    return [...repositories.values()];
  }

  async #text(
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
    options: Parameters<Runner["run"]>[1] = {},
  ): Promise<string> {
    return new TextDecoder().decode((await this.#run(argv, { ...options, env })).stdout);
  }

  /** The one place where apt is started. */
  async #run(argv: readonly string[], options: Parameters<Runner["run"]>[1] = {}) {
    const env = {
      LC_ALL: "C.UTF-8",
      HOME: this.#dir,
      APT_CONFIG: `${this.#dir}/apt.conf`,
      ...options.env,
    };
    try {
      return await this.#runner.run(argv, { ...options, env });
    } catch (cause) {
      if (!(cause instanceof RunError) || cause.code !== "run/missing") throw cause;
      throw new AptError(
        "apt/missing",
        `Cannot resolve packages: there is no "${argv[0]}" on this machine`,
        {
          subject: argv[0]!,
          hint: "Install the package apt",
          cause,
        },
      );
    }
  }
}

/** Changes when plans of an earlier version cannot be read any more. */
const PLAN_FORM = 1;

const LAYOUT = [
  "etc/apt/sources.list.d",
  "etc/apt/preferences.d",
  "etc/apt/apt.conf.d",
  "etc/apt/trusted.gpg.d",
  "etc/apt/auth.conf.d",
  "var/lib/apt/lists/partial",
  "var/lib/dpkg/updates",
  "var/cache/apt/archives/partial",
  "var/log/apt",
  "plans",
];

/** apt said no; its words are kept until the names of all packages are at hand. */
class RefusedError extends Error {
  readonly stderr: string;
  override readonly cause: RunError;
  readonly stdout: string;

  constructor(stderr: string, cause: RunError) {
    super("apt refused", { cause });
    this.stderr = stderr;
    this.cause = cause;
    this.stdout = new TextDecoder().decode(cause.stdout);
  }
}

function pin(name: string, version: string, priority: number): string {
  return `Package: ${name}\nPin: version ${version}\nPin-Priority: ${priority}\n`;
}

function checkRequest(name: string): void {
  if (/^[a-zA-Z0-9*?~(][^\s]*$/.test(name) && !/[-+]$/.test(name.replace(/\+\+$/, ""))) return;
  throw new AptError("apt/no-such-package", `Cannot install "${name}": that is no package`, {
    subject: name,
    hint: "Write name, name=version, name/suite or name:arch",
  });
}

function notCached(source: string): AptError {
  return new AptError(
    "apt/not-cached",
    `Cannot use source "${source}": its package lists are not here`,
    { subject: source, hint: "Fetch them once without --cache-only" },
  );
}

/** Date and checksum of the Release file that vouches for an index file. */
function readRelease(
  index: string,
  release: string,
): Pick<Repository, "date" | "releaseSha256"> | undefined {
  const mark = `_dists_${release.replaceAll("/", "_")}_`;
  const at = index.indexOf(mark);
  // A flat archive has no dists/: its Release stands beside its Packages.
  const stem = at >= 0 ? index.slice(0, at + mark.length) : index.replace(/Packages$/, "");
  for (const name of ["InRelease", "Release"]) {
    const text = readText(`${stem}${name}`);
    if (text === undefined) continue;
    const date = /^Date: (.+)$/m.exec(text)?.[1];
    return {
      date: date ? Math.floor(Date.parse(date) / 1000) || 0 : 0,
      releaseSha256: createHash("sha256").update(text).digest("hex"),
    };
  }
  return undefined;
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
