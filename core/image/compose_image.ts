import {
  formatImageReference,
  type ImageReference,
  OciError,
  parseImageReference,
} from "@apt-ostree/oci";
import { Repo } from "@apt-ostree/ostree";
import { WorkDir } from "@apt-ostree/sandbox";
import { INPUT_HASH_KEY } from "../compose/commit_metadata.ts";
import { composeTree, type ComposeTreeOptions } from "../compose/compose_tree.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { ImageError } from "../error.ts";
import { deliverImage, type ImageResult, readRunConfig } from "./encapsulate_image.ts";
import { COMMIT_LABEL, VERSION_LABEL } from "./image_labels.ts";
import { type FoundImage, readImage, requireImage, requireTarget } from "./image_target.ts";
import { openTemporaryArea } from "./temporary_area.ts";

/**
 * What an image that is there already means: `query` needs one, `if-not-exists` does with or without;
 * both write nothing where nothing has changed. `always` does not look; `never` refuses to replace one.
 */
export type InitializeMode = "query" | "always" | "never" | "if-not-exists";

/** The modes by name. */
export const INITIALIZE_MODES: readonly InitializeMode[] = [
  "query",
  "always",
  "never",
  "if-not-exists",
];

/** What {@linkcode composeImage} is asked for. */
export interface ComposeImageOptions extends
  Pick<
    ComposeTreeOptions,
    | "treefile"
    | "sourceRoot"
    | "cacheOnly"
    | "forceNocache"
    | "touchIfChanged"
    | "layerRepo"
    | "lockfiles"
    | "lockfileStrict"
    | "writeLockfileTo"
    | "sourceDateEpoch"
    | "cellLimits"
    | "runner"
    | "signal"
    | "progress"
  > {
  /** Where the image goes, as {@linkcode parseImageReference} reads it. */
  readonly target: string;
  /** Repository that takes the commit too, under the treefile's ref. @default the image has it alone */
  readonly repo?: string;
  /**
   * Directory for downloads and imported packages, which must be there. @default inside the repository
   * that takes the commit; else none is kept
   */
  readonly cachedir?: string;
  /** What an image that is there already means. @default "query" */
  readonly initialize?: InitializeMode;
  /** Further labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** JSON file that says how containers run. */
  readonly imageConfig?: string;
  /** Most layers beside the commit's own. @default {64} */
  readonly maxLayers?: number;
  /** File with the credentials of registries. */
  readonly authfile?: string;
  /** How often a copy that failed is tried again. @default {0} */
  readonly retryTimes?: number;
}

/** What became of the image. */
export type ComposeImageResult =
  | { readonly kind: "unchanged"; readonly target: string }
  | { readonly kind: "written"; readonly target: string; readonly image: ImageResult };

/**
 * Make an image from a treefile.
 *
 * Nothing is composed where the image that is there was made of the same; its division into layers is
 * kept, so that hosts fetch what has changed alone.
 *
 * The process must be root, or root of a user namespace: see {@linkcode becomeRoot}.
 *
 * @throws {ImageError} {@linkcode OciError}, and what {@linkcode composeTree} throws.
 */
export async function composeImage(options: ComposeImageOptions): Promise<ComposeImageResult> {
  const reference = parseImageReference(options.target);
  const target = formatImageReference(reference);
  const reach = pickDefined(options, "authfile", "retryTimes", "runner", "signal");
  requireTarget(reference);
  const previous = await readPrevious(reference, options);
  const runConfig = readRunConfig(options.imageConfig);
  using area = openArea(options);
  const made = await composeCommit(options, area, previous);
  if (!made) return { kind: "unchanged", target };
  const { result } = await deliverImage(made.repo, made.commit, reference, {
    ...reach,
    ...runConfig,
    ...pickDefined(options, "labels", "maxLayers", "progress"),
    ...(previous ? { previous: previous.manifest, before: previous.manifest } : {}),
    directory: area.work.path,
  });
  return { kind: "written", target, image: result };
}

async function readPrevious(
  reference: ImageReference,
  options: ComposeImageOptions,
): Promise<FoundImage | undefined> {
  const { initialize = "query" } = options;
  if (initialize === "always") return undefined;
  const reach = pickDefined(options, "authfile", "runner", "signal");
  const subject = formatImageReference(reference);
  if (initialize === "query") {
    try {
      return await requireImage(reference, reach);
    } catch (error) {
      if (!(error instanceof OciError && error.code === "oci/not-found")) throw error;
      throw new OciError("oci/not-found", error.message, {
        subject,
        hint: "Make the first image with --initialize, or any with --initialize-mode=if-not-exists",
        cause: error,
      });
    }
  }
  const found = await readImage(reference, reach);
  if (initialize === "if-not-exists" || !found) return found;
  throw new ImageError("image/exists", `Cannot make image "${subject}": there is one already`, {
    subject,
    hint: "Remove it, or let it be replaced with --initialize-mode=if-not-exists",
  });
}

/** Make the commit. @returns `undefined` where the image that is there has it. */
async function composeCommit(
  options: ComposeImageOptions,
  area: ImageArea,
  previous: FoundImage | undefined,
): Promise<{ readonly repo: Repo; readonly commit: string } | undefined> {
  const labels = previous?.config.config?.Labels ?? {};
  const common = {
    ...pickDefined(options, "sourceRoot", "cacheOnly", "forceNocache", "touchIfChanged"),
    ...pickDefined(options, "layerRepo", "lockfiles", "lockfileStrict", "writeLockfileTo"),
    ...pickDefined(options, "sourceDateEpoch", "cellLimits", "runner", "signal", "progress"),
    treefile: options.treefile,
    ...pickDefined(area, "cachedir"),
  };
  const version = labels[VERSION_LABEL];
  if (options.repo !== undefined) {
    const result = await composeTree({ ...common, repo: options.repo });
    if (!("commit" in result) || result.commit === undefined) return undefined;
    const same = labels[COMMIT_LABEL] === result.commit && !options.forceNocache;
    return same ? undefined : { repo: Repo.open(options.repo), commit: result.commit };
  }
  const inputHash = labels[INPUT_HASH_KEY];
  const repo = Repo.init(area.work.join("repo"), { mode: "bare" });
  const result = await composeTree({
    ...common,
    repo: repo.path,
    writeCommitidTo: area.work.join("commit"),
    ...(inputHash === undefined ? {} : { previousInputhash: inputHash }),
    ...(version === undefined ? {} : { previousVersion: version }),
  });
  return result.kind === "committed" ? { repo, commit: result.commit } : undefined;
}

/** Where an image is composed. */
interface ImageArea extends Disposable {
  /** Directory of what is kept; `undefined` for the repository's own. */
  readonly cachedir: string | undefined;
  /** Temporary directory, on the same filesystem, so that files can be linked. */
  readonly work: WorkDir;
}

function openArea(options: ComposeImageOptions): ImageArea {
  const { cachedir, repo } = options;
  if (cachedir !== undefined) {
    try {
      Deno.statSync(cachedir);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      const message = `Cannot compose in cache directory "${cachedir}": it is not there`;
      throw new ImageError("image/no-cachedir", message, {
        subject: cachedir,
        hint: "Make it first",
        cause,
      });
    }
    const path = Deno.realPathSync(cachedir);
    const work = WorkDir.create(`${path}/images`);
    return { cachedir: path, work, [Symbol.dispose]: () => work[Symbol.dispose]() };
  }
  if (repo !== undefined) {
    const work = WorkDir.create(`${Repo.open(repo).path}/extensions/aptostree/images`);
    return { cachedir, work, [Symbol.dispose]: () => work[Symbol.dispose]() };
  }
  const area = openTemporaryArea();
  const work = WorkDir.create(`${area.path}/images`);
  return {
    cachedir: `${area.path}/cache`,
    work,
    [Symbol.dispose]: () => {
      work[Symbol.dispose]();
      area[Symbol.dispose]();
    },
  };
}
