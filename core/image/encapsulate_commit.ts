import { type Progress, WorkerPool } from "@apt-ostree/base";
import {
  type Descriptor,
  formatImageConfig,
  formatManifest,
  type HistoryEntry,
  type ImageConfig,
  type Manifest,
  MEDIA_TYPE,
  OciError,
  type OciLayout,
  platformOf,
  previousChunks,
  type RunConfig,
  type WrittenLayer,
} from "@apt-ostree/oci";
import { type Repo, Tree } from "@apt-ostree/ostree";
import { hostBasearch } from "../treefile/architecture.ts";
import { type ImageContents, readImageContents } from "./image_contents.ts";
import { commitCommand, imageLabels } from "./image_labels.ts";
import type { LayerJob } from "./write_layer.ts";
import { type LayerPlan, planLayers } from "./plan_layers.ts";

/** How {@linkcode encapsulateCommit} goes about it. */
export interface EncapsulateOptions {
  /** Further labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How containers run; labels and command of the other options win over its own. */
  readonly runConfig?: RunConfig;
  /** Architecture by the kernel's, Debian's or Go's name. @default the commit's, else this machine's */
  readonly architecture?: string;
  /** Keys of commit metadata that become labels, and must be there. */
  readonly copyMeta?: readonly string[];
  /** Keys of commit metadata that become labels where they are there. */
  readonly copyMetaOptional?: readonly string[];
  /** What containers run. @default what the commit says */
  readonly cmd?: readonly string[];
  /** Most layers beside the commit's own. @default {64} */
  readonly maxLayers?: number;
  /** 2: each layer has the directories of its files. 1: only the first has them. @default {2} */
  readonly formatVersion?: 1 | 2;
  /** Image whose division into layers is kept. */
  readonly previous?: Manifest;
  /** Whether the image is for bootc, whatever its commit says. @default {false} */
  readonly bootc?: boolean;
  /** Date of the image in seconds since 1970. @default the commit's */
  readonly created?: number;
  /** The commit's tree with dpkg's database where composed systems have it, where it has it elsewhere. */
  readonly database?: Tree;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** An image of a commit. */
export interface EncapsulatedImage {
  /** What names its manifest. */
  readonly descriptor: Descriptor;
  /** Its manifest. */
  readonly manifest: Manifest;
  /** The commit that it has. */
  readonly commit: string;
  /** What the commit is made of. */
  readonly contents: ImageContents;
}

/** Most layers beside the commit's own, unless said otherwise. */
const MAX_LAYERS = 64;

/**
 * Write the image of a commit into a layout; no tag names it yet.
 *
 * The image holds the commit as a repository of mode bare-split-xattrs, and its files as links into that:
 * it runs as a container, and `ostree container` and bootc get the commit back, the same checksum. The
 * same commit, options and previous image give the same bytes.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @throws {ImageError} {@linkcode OciError} {@linkcode RefError} {@linkcode ObjectError}
 */
export async function encapsulateCommit(
  repo: Repo,
  rev: string,
  layout: OciLayout,
  options: EncapsulateOptions = {},
): Promise<EncapsulatedImage> {
  const { signal, progress, maxLayers = MAX_LAYERS, formatVersion = 2 } = options;
  const commit = repo.requireRev(rev);
  const { root, metadata, subject, timestamp } = repo.readCommit(commit);
  const tree = Tree.fromChecksums(repo, root);
  const contents = readImageContents(repo, tree, options.database);
  const previous = options.previous && previousChunks(options.previous);
  if (options.previous && !previous) {
    const text = "The layers of the previous image do not say what is in them: all are made anew";
    progress?.({ type: "message", level: "warning", text });
  }
  const plans = planLayers(contents, maxLayers, previous);
  const base = { layout: layout.path, repo: repo.path, root, parents: formatVersion === 2 };
  const jobs: LayerJob[] = [
    { ...base, commit, objects: [] },
    ...plans.map(({ objects }) => ({ ...base, objects })),
  ];
  const layers = await writeLayers(jobs, { ...(signal ? { signal } : {}), progress });
  const created = imageDate(options.created ?? timestamp);
  const architecture = options.architecture ??
    textOf(metadata.get("ostree.architecture")?.value) ?? hostBasearch();
  const cmd = options.cmd ?? options.runConfig?.Cmd ?? commitCommand(metadata);
  const labels = imageLabels(metadata, {
    commit,
    finalDiffId: layers.at(-1)!.diffId,
    copyMeta: options.copyMeta ?? [],
    copyMetaOptional: options.copyMetaOptional ?? [],
    bootc: options.bootc ?? false,
    labels: { ...options.runConfig?.Labels, ...options.labels },
  });
  const title = subject === "" ? `ostree export of commit ${commit}` : subject;
  const config: ImageConfig = {
    ...requirePlatform(architecture),
    created,
    config: { ...options.runConfig, ...(cmd ? { Cmd: cmd } : {}), Labels: labels },
    diffIds: layers.map((each) => each.diffId),
    history: history([title, ...plans.map((each) => each.title)], created),
  };
  const manifest: Manifest = {
    config: layout.writeBlob(MEDIA_TYPE.config, formatImageConfig(config)),
    layers: layers.map(({ descriptor }, at) =>
      at === 0
        ? descriptor
        : { ...descriptor, annotations: (plans[at - 1] as LayerPlan).annotations }
    ),
    annotations: labels,
  };
  const descriptor = layout.writeBlob(MEDIA_TYPE.manifest, formatManifest(manifest));
  return { descriptor, manifest, commit, contents };
}

/** Write layers on all cores. @returns In the order of the jobs. */
async function writeLayers(
  jobs: readonly LayerJob[],
  { signal, progress }: { signal?: AbortSignal; progress: Progress | undefined },
): Promise<WrittenLayer[]> {
  const start = performance.now();
  const phase = "layers";
  progress?.({
    type: "phase-start",
    phase,
    title: `Writing ${jobs.length} layers`,
    total: jobs.length,
  });
  const count = Math.min(navigator.hardwareConcurrency, 8, jobs.length);
  const module = new URL("./layer_worker.ts", import.meta.url);
  await using pool = new WorkerPool<LayerJob, WrittenLayer>(module, count);
  const answers: Promise<WrittenLayer>[] = Array(jobs.length);
  let done = 0;
  // The largest first, so that no core is idle at the end.
  const order = jobs.map((job, at) => [at, job.objects.length] as const)
    .sort(([, a], [, b]) => b - a);
  for (const [at] of order) {
    signal?.throwIfAborted();
    const { answer } = await pool.ask(jobs[at]!);
    answers[at] = answer;
    answer.then(
      () => progress?.({ type: "phase-progress", phase, done: ++done }),
      () => {}, // thrown below
    );
  }
  const layers = await Promise.all(answers);
  const bytes = layers.reduce((sum, each) => sum + each.descriptor.size, 0);
  progress?.({ type: "phase-end", phase, done, bytes, ms: performance.now() - start });
  return layers;
}

function history(titles: readonly string[], created: string): HistoryEntry[] {
  return titles.map((created_by) => ({ created, created_by }));
}

function requirePlatform(architecture: string) {
  const platform = platformOf(architecture);
  if (platform) return platform;
  throw new OciError(
    "oci/bad-config",
    `Cannot make an image for architecture "${architecture}": there is none of that name`,
    { subject: architecture, hint: "For example amd64 or arm64" },
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** RFC 3339, whole seconds. @param seconds Since 1970. */
export function imageDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
