import type { AptRoot } from "@apt-ostree/apt";
import type { Progress, Runner } from "@apt-ostree/base";
import { checkSpace } from "../compose/check_space.ts";
import { openTreefileApt } from "../compose/open_treefile_apt.ts";
import { requireOutputs } from "../compose/output_file.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { readSources } from "../compose/read_sources.ts";
import { touchFile } from "../compose/touch_file.ts";
import { ExtensionsError } from "../error.ts";
import { BasePackages } from "../layer/base_packages.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { type ReadTreefile, readTreefile } from "../treefile/read_treefile.ts";
import { ExtensionsArea } from "./extensions_area.ts";
import { type Extensions, parseExtensions } from "./parse_extensions.ts";
import { type ExtensionsPlan, planExtensions } from "./plan_extensions.ts";
import { type BaseSystem, type ExtensionsBase, readBase } from "./read_base.ts";
import { type SelectedExtensions, selectExtensions } from "./select_extensions.ts";
import { holdsExtensions, writeExtensions } from "./write_extensions.ts";

/** What {@linkcode composeExtensions} is asked for. */
export interface ComposeExtensionsOptions {
  /** Path of the treefile that the base was composed of: it names the sources. */
  readonly treefile: string;
  /** Path of the extensions file. */
  readonly extensions: string;
  /** Directory that takes the packages; made where it is missing. */
  readonly outputDir: string;
  /** Path of the repository that has the base. */
  readonly repo?: string;
  /** Ref or commit of the base. @default the treefile's ref */
  readonly baseRev?: string;
  /** Root file system that is the base, instead of a commit. */
  readonly rootfs?: string;
  /** Directory for package lists and downloads. @default inside the repository */
  readonly cachedir?: string;
  /** File whose date becomes now where something has changed. */
  readonly touchIfChanged?: string;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** What extensions came to. */
export interface ComposeExtensionsResult {
  /** Whether the directory held all of it before. */
  readonly kind: "unchanged" | "written";
  /** Names of the extensions of this architecture. */
  readonly extensions: readonly string[];
  /** Files of the packages. */
  readonly files: readonly string[];
  /** The digest that stands in the directory. */
  readonly digest: string;
}

/**
 * Put packages into a directory that hosts of a base can install on top of it.
 *
 * All are resolved together with the packages of the base, none of which changes. Packages are checked
 * as those of a compose are. The directory stays as it was until all of them are there. The process
 * need not be root.
 *
 * @throws {ExtensionsError} {@linkcode TreefileError} {@linkcode LayerError} {@linkcode AptError}
 * {@linkcode ComposeError} {@linkcode RepoError}
 */
export async function composeExtensions(
  options: ComposeExtensionsOptions,
): Promise<ComposeExtensionsResult> {
  requireOutputs(options.touchIfChanged);
  const basearch = hostBasearch();
  const read = readTreefile(options.treefile, basearch);
  for (const text of read.warnings) options.progress?.({ type: "message", level: "warning", text });
  const base = readBase(chooseBase(options, read));
  const selected = selectExtensions(
    readExtensions(options.extensions),
    basearch,
    new BasePackages(base.installed),
  );
  using area = await ExtensionsArea.open(options);
  const apt = await openTreefileApt({
    dir: area.apt,
    treefile: read.treefile,
    basearch,
    sources: readSources(read, { more: selected.repos }),
    status: base.status,
    ...pickDefined(options, "runner"),
  });
  const plan = await resolve(apt, options, read, selected, base);
  const result = {
    extensions: selected.extensions.map(({ name }) => name),
    files: plan.packages.map(({ file }) => file),
    digest: plan.digest,
  };
  if (holdsExtensions(options.outputDir, plan)) return { kind: "unchanged", ...result };
  const needed = plan.packages.reduce((sum, { package: { size } }) => sum + size, 0);
  for (const directory of [area.debs, options.outputDir]) checkSpace(directory, needed, 0);
  const call = pickDefined(options, "signal", "progress");
  await writeExtensions(options.outputDir, plan, {
    download: (packages) => apt.download(packages, area.debs, call),
    ...pickDefined(options, "signal"),
  });
  if (options.touchIfChanged !== undefined) touchFile(options.touchIfChanged);
  return { kind: "written", ...result };
}

function chooseBase(options: ComposeExtensionsOptions, read: ReadTreefile): ExtensionsBase {
  const { repo, rootfs, treefile } = options;
  if (rootfs !== undefined) return { rootfs };
  const rev = options.baseRev ?? read.treefile.ref;
  if (repo !== undefined && rev !== undefined) return { repo, rev };
  const [found, hint] = repo === undefined
    ? ["no repository is named", "Name the one that has the base with --repo=REPO"]
    : ["it names no ref", "Name the base with --base-rev=REV"];
  throw new ExtensionsError(
    "extensions/no-base",
    `Cannot make extensions for "${treefile}": ${found}`,
    { subject: treefile, hint },
  );
}

function readExtensions(path: string): Extensions {
  try {
    return parseExtensions(Deno.readTextFileSync(path), path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new ExtensionsError(
      "extensions/bad-file",
      `Cannot read extensions "${path}": there is no such file`,
      { subject: path, hint: "Check the path", cause },
    );
  }
}

async function resolve(
  apt: AptRoot,
  options: ComposeExtensionsOptions,
  { treefile }: ReadTreefile,
  selected: SelectedExtensions,
  { installed }: BaseSystem,
): Promise<ExtensionsPlan> {
  const { progress } = options;
  const call = pickDefined(options, "signal", "progress");
  await apt.update(call);
  const start = performance.now();
  const phase = "resolve";
  progress?.({ type: "phase-start", phase, title: "Resolving packages" });
  const plan = await planExtensions({ apt, installed, treefile, ...call }, selected);
  const done = plan.packages.length;
  const ms = performance.now() - start;
  progress?.({ type: "phase-end", phase, done, ms, summary: `${done} packages` });
  return plan;
}
