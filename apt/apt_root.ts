import { createHash } from "node:crypto";
import { resolve } from "@std/path";
import { hostRunner, type Progress, quoted, RunError, type Runner } from "@apt-ostree/base";
import { formatAptConfig, hostDateChecks, hostTransport } from "./apt_config.ts";
import { explainUpdate } from "./apt_refusal.ts";
import { AptRunner } from "./apt_runner.ts";
import { candidates } from "./candidates.ts";
import type { Stanza } from "./deb822.ts";
import { type Downloaded, type DownloadOptions, downloadPackages } from "./download.ts";
import { endLeftover } from "./end_leftover.ts";
import { AptError } from "./error.ts";
import { formatPlan, parsePlan, type Plan, type PlannedPackage, type PlanRequest } from "./plan.ts";
import { PackagesIndex } from "./packages_index.ts";
import type { PreferencesFile } from "./preferences.ts";
import { checkReleaseDates } from "./release_dates.ts";
import { holdDirectory } from "./hold_directory.ts";
import { hostProxies } from "./host_proxies.ts";
import { type Fetched, notCached, readFetched, type Repository } from "./repositories.ts";
import { removeIfThere } from "./remove_if_there.ts";
import { replaceText } from "./replace_text.ts";
import { makeSearchTable, searchPackages, type SearchResult } from "./search_packages.ts";
import { solve, type SolverWorld } from "./solver.ts";
import { checkSnapshotId, snapshotSources } from "./snapshot_sources.ts";
import { missingKeys, parseSources, type SourcesFile } from "./sources.ts";
import { readTextIfThere } from "./read_text.ts";
import { writeAptStatus } from "./status_file.ts";
import { UpdateMeter } from "./update_meter.ts";

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
  /** Preferences, as the text of one file or as several, the one that counts most first. */
  readonly preferences?: string | readonly PreferencesFile[];
  /** Date as `20260131T120000Z`: the sources as they were then, where their archives keep that. */
  readonly snapshot?: string;
  /** dpkg's status file of the system that plans begin from. @default a system without packages */
  readonly status?: string;
  /**
   * Whether the host's keys, passwords and proxies serve, those of `http_proxy`, `https_proxy` and
   * `no_proxy` too. @default {true}
   */
  readonly hostTrust?: boolean;
  /**
   * Whether the host's word counts that sources may be out of date (`Acquire::Check-Valid-Until`,
   * `Check-Date`): for sources that are its own. @default {false}
   */
  readonly hostDates?: boolean;
  /** Proxy for HTTP, as `Acquire::http::Proxy` takes it. */
  readonly proxy?: string;
  /** Starts apt. @default {hostRunner} */
  readonly runner?: Runner;
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
  readonly #apt: AptRunner;
  readonly #sources: readonly SourcesFile[];
  readonly #architecture: string;
  readonly #foreignArchitectures: readonly string[];
  readonly #snapshot: string | undefined;
  readonly #preferences: readonly PreferencesFile[];
  #inputs = "";
  #fetched: Fetched = { repositories: [], indexes: [] };
  /** Kept from one question to the next, until packages are downloaded. */
  #indexes: readonly PackagesIndex[] | undefined;

  private constructor(options: AptRootOptions) {
    this.#dir = options.dir;
    const { dir, runner = hostRunner, hostTrust = true } = options;
    this.#apt = new AptRunner(dir, runner, hostTrust ? hostProxies() : {});
    this.#sources = options.sources;
    this.#architecture = options.architecture;
    this.#snapshot = options.snapshot;
    const { preferences = [] } = options;
    this.#preferences = typeof preferences === "string"
      ? [{ name: "preferences", text: preferences }]
      : preferences;
    this.#foreignArchitectures = options.foreignArchitectures ?? [];
  }

  /**
   * Lay out the directory.
   *
   * @throws {AptError} `apt/no-sources` if no source offers binary packages, `apt/missing` if there
   * is no apt.
   */
  static async create(given: AptRootOptions): Promise<AptRoot> {
    // To apt a relative path is one below its own root.
    const options = { ...given, dir: resolve(given.dir) };
    const { dir, sources } = options;
    const usable = sources.flatMap(parseSources).some((source) => source.types.includes("deb"));
    if (!usable) {
      throw new AptError("apt/no-sources", "Cannot resolve packages: no source is configured", {
        hint: "Name .sources files with repos:, or put one into /etc/apt/sources.list.d",
      });
    }
    if (options.snapshot !== undefined) checkSnapshotId(options.snapshot);
    for (const sub of LAYOUT) Deno.mkdirSync(`${dir}/${sub}`, { recursive: true });
    using _lock = await holdDirectory(dir, undefined);
    writeStatus(dir, options.status ?? "");
    writeSources(dir, sources);
    const root = new AptRoot(options);
    const preferences = root.#preferences.map(({ text }) => text.trimEnd())
      .filter((text) => text !== "").map((text) => `${text}\n`).join("\n");
    replaceText(`${dir}/etc/apt/preferences`, preferences);
    const extra: [string, string][] = [];
    const { hostTrust = true, hostDates = false } = options;
    if (hostTrust || hostDates) {
      const dump = await root.#apt.hostSettings(options.architecture);
      if (hostTrust) extra.push(...hostTransport(dump));
      if (hostDates) extra.push(...hostDateChecks(dump));
    }
    if (options.proxy) extra.push(["Acquire::http::Proxy", options.proxy]);
    const config = formatAptConfig({
      dir,
      architecture: options.architecture,
      foreignArchitectures: options.foreignArchitectures ?? [],
      hostTrust,
      extra,
    });
    replaceText(`${dir}/apt.conf`, config);
    const digest = createHash("sha256").update(config).update(preferences)
      .update(`\0${options.status ?? ""}\0${options.snapshot ?? ""}`);
    for (const { name, text } of sources) digest.update(`\0${name}\0${text}`);
    root.#inputs = digest.digest("hex");
    return root;
  }

  /**
   * Fetch what the sources offer; what has not changed is not fetched again.
   *
   * @param options.cacheOnly Use what was fetched before, without any network.
   * @throws {AptError} `apt/untrusted-source`, `apt/expired-source`, `apt/replayed-source`,
   * `apt/weak-source`, `apt/update-failed`, `apt/not-cached`.
   */
  async update(
    options: AptCallOptions & { readonly cacheOnly?: boolean } = {},
  ): Promise<Repository[]> {
    const { cacheOnly = false, signal, progress } = options;
    using _lock = await holdDirectory(this.#dir, signal);
    const meter = progress && !cacheOnly ? new UpdateMeter(progress) : undefined;
    const fetch = () => this.#fetch(signal, meter);
    if (this.#snapshot !== undefined) await this.#goBack(this.#snapshot, cacheOnly, fetch);
    else if (!cacheOnly) await fetch();
    const fetched = await readFetched(this.#apt, this.#sources[0]?.name ?? "");
    // A snapshot is older on purpose.
    if (this.#snapshot === undefined) {
      checkReleaseDates(fetched.repositories, `${this.#dir}/release-dates.json`);
    }
    this.#fetched = fetched;
    this.#indexes = undefined;
    meter?.end(fetched.repositories.length);
    return [...fetched.repositories];
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
    const { exclude = [], remove = [], hold = [] } = request;
    for (const name of [...exclude, ...remove, ...hold]) checkName(name);
    for (const [name, version] of [...request.locked ?? [], ...request.forbidden ?? []]) {
      checkVersion(name, version);
    }
    const key = this.#key().update(JSON.stringify([PLAN_FORM, request, [...request.locked ?? []]]));
    const file = `${this.#dir}/plans/${key.digest("hex")}.json`;
    // A .deb that somebody gave as a file may have changed since.
    const known = request.localDebs?.length ? undefined : readTextIfThere(file);
    if (known !== undefined) return parsePlan(known);
    using _lock = await holdDirectory(this.#dir, options.signal);
    const plan = await solve(this.#world(), request, options.signal);
    replaceText(file, formatPlan(plan));
    return plan;
  }

  /**
   * The versions that apt would take of packages: what they need, and what is installed, does not count.
   *
   * @param requests As apt takes them: `name`, `name=version`, `name/suite`, `name:arch`.
   * @returns Sorted by name.
   * @throws {AptError} `apt/no-such-package`, `apt/failed`.
   */
  async candidates(
    requests: readonly string[],
    options: AptCallOptions = {},
  ): Promise<PlannedPackage[]> {
    for (const name of requests) checkRequest(name);
    using _lock = await holdDirectory(this.#dir, options.signal);
    return await candidates(this.#world(), requests, options.signal);
  }

  #world(): SolverWorld {
    return {
      apt: this.#apt,
      dir: this.#dir,
      architecture: this.#architecture,
      foreignArchitectures: this.#foreignArchitectures,
      fetched: this.#fetched,
      preferences: this.#preferences,
      indexes: () => this.indexes(),
    };
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
    this.#indexes = undefined;
    return downloadPackages(
      packages,
      directory,
      (argv, runOptions) => this.#apt.run(argv, runOptions),
      options,
    );
  }

  /** Remove all package lists, so that the next update fetches them anew. */
  async forget(options: Pick<AptCallOptions, "signal"> = {}): Promise<void> {
    using _lock = await holdDirectory(this.#dir, options.signal);
    for (const dir of ["var/lib/apt/lists", "plans"]) {
      for (const { name, isFile } of Deno.readDirSync(`${this.#dir}/${dir}`)) {
        if (isFile) removeIfThere(`${this.#dir}/${dir}/${name}`);
      }
    }
  }

  /**
   * Indexes of what was fetched.
   *
   * @throws {FormatError} `format/bad-index`.
   * @throws {AptError} `apt/not-cached` if somebody has removed them since.
   */
  indexes(): readonly PackagesIndex[] {
    return this.#indexes ??= this.#fetched.indexes.map(({ id, file }) => {
      try {
        return PackagesIndex.read(file, id);
      } catch (cause) {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        throw notCached(id);
      }
    });
  }

  /**
   * Find packages by words in their names and summaries, in what was fetched.
   *
   * @param terms Words; `*` and `?` are wild.
   */
  search(terms: readonly string[]): SearchResult {
    const file = `${this.#dir}/plans/search-${this.#key().digest("hex")}.txt`;
    const known = readTextIfThere(file)?.split("\0");
    if (known?.length === 2) {
      return searchPackages({ names: known[0]!, summaries: known[1]! }, terms);
    }
    const table = makeSearchTable(this.indexes());
    // One table is kept: that of the lists as they are now.
    for (const { name } of Deno.readDirSync(`${this.#dir}/plans`)) {
      if (name.startsWith("search-")) removeIfThere(`${this.#dir}/plans/${name}`);
    }
    replaceText(file, `${table.names}\0${table.summaries}`);
    return searchPackages(table, terms);
  }

  /** All versions of packages in what was fetched, as their indexes describe them. */
  show(names: readonly string[]): Stanza[] {
    const indexes = this.indexes();
    return names.flatMap((name) => indexes.flatMap((index) => index.find(name)));
  }

  /** @param again Whether to try once more where a run that was killed is in the way. */
  async #fetch(
    signal: AbortSignal | undefined,
    meter: UpdateMeter | undefined,
    again = true,
  ): Promise<void> {
    let errors = "";
    const decoder = new TextDecoder();
    try {
      await this.#apt.run(["apt-get", "update", "--error-on=any"], {
        ...(signal ? { signal } : {}),
        ...(meter ? { onStdout: (piece: Uint8Array) => meter.read(piece) } : {}),
        onStderr: (piece) => errors += decoder.decode(piece, { stream: true }),
      });
    } catch (error) {
      if (!(error instanceof RunError && error.code === "run/failed")) throw error;
      if (again && await endLeftover(errors, this.#dir)) {
        return await this.#fetch(signal, meter, false);
      }
      throw explainUpdate(errors, error, this.#sources.flatMap(missingKeys));
    }
  }

  /**
   * Fetch the sources as they were at a date; what they are now says where that is, and is asked once.
   */
  async #goBack(id: string, cacheOnly: boolean, fetch: () => Promise<void>): Promise<void> {
    const file = `${this.#dir}/plans/snapshot-${this.#inputs}.json`;
    const known = readTextIfThere(file);
    if (known === undefined && !cacheOnly) await fetch();
    const then: SourcesFile[] = known === undefined
      ? await this.#findSnapshot(id)
      : JSON.parse(known);
    writeSources(this.#dir, then);
    if (cacheOnly) return;
    await fetch();
    Deno.writeTextFileSync(file, JSON.stringify(then));
  }

  async #findSnapshot(id: string): Promise<SourcesFile[]> {
    const { repositories } = await readFetched(this.#apt, this.#sources[0]?.name ?? "");
    const bare = (uri: string) => uri.replace(/\/+$/, "");
    return snapshotSources(this.#sources, id, (uri, suite) => {
      const found = repositories.find((each) =>
        bare(each.uri) === bare(uri) && each.id.endsWith(`/${suite}`)
      );
      return found && readTextIfThere(found.releaseFile);
    });
  }

  /** A digest over all that apt's answers depend on but the question. */
  #key() {
    return createHash("sha256").update(this.#inputs)
      .update(this.#fetched.repositories.map((each) => each.releaseSha256).join());
  }
}

/** Changes when plans of an earlier version cannot be read any more. */
const PLAN_FORM = 3;

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

/** Let these be the only sources. What is as it was stays untouched: apt trusts its cache by times. */
function writeSources(dir: string, sources: readonly SourcesFile[]): void {
  const list = `${dir}/etc/apt/sources.list.d`;
  const wanted = new Set(sources.map(({ name }) => name));
  for (const { name } of Deno.readDirSync(list)) {
    if (!wanted.has(name)) Deno.removeSync(`${list}/${name}`);
  }
  for (const { name, text } of sources) {
    if (readTextIfThere(`${list}/${name}`) !== text) {
      Deno.writeTextFileSync(`${list}/${name}`, text);
    }
  }
}

/** Let plans begin from this status, of which a copy tells whether that is another one. */
function writeStatus(dir: string, status: string): void {
  const copy = `${dir}/var/lib/dpkg/status-given`;
  const file = `${dir}/var/lib/dpkg/status`;
  if (readTextIfThere(copy) === status && readTextIfThere(file) !== undefined) return;
  writeAptStatus(file, status);
  Deno.writeTextFileSync(copy, status);
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9+.*?-]*(:[a-z0-9-]+)?$/.test(name)) return;
  throw new AptError("apt/no-such-package", `Cannot use "${name}": that is no package`, {
    subject: name,
    hint: "Write name or name:arch",
  });
}

/** What has more than one word would be read as another line of preferences. */
function checkVersion(name: string, version: string): void {
  if (/^\S+ \S+$/.test(`${name} ${version}`)) return;
  throw new AptError(
    "apt/no-such-package",
    `Cannot use "${name}": ${quoted(version)} is no version`,
    {
      subject: name,
      hint: "Write [EPOCH:]UPSTREAM[-REVISION]",
    },
  );
}

function checkRequest(name: string): void {
  if (/^[a-zA-Z0-9*?~(][^\s]*$/.test(name) && !/[-+]$/.test(name.replace(/\+\+$/, ""))) return;
  throw new AptError("apt/no-such-package", `Cannot install "${name}": that is no package`, {
    subject: name,
    hint: "Write name, name=version, name/suite or name:arch",
  });
}
