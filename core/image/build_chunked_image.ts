import {
  copyImage,
  type ImageReference,
  OciLayout,
  parseImageReference,
  previousChunks,
  type RunConfig,
} from "@apt-ostree/oci";
import {
  ed25519Signer,
  Repo,
  signCommit,
  type Signer,
  spkiSigner,
  type Tree,
} from "@apt-ostree/ostree";
import { pickDefined } from "../compose/pick_defined.ts";
import { ImageError } from "../error.ts";
import { readInstalledPackages } from "../packages/installed_packages.ts";
import { hostBasearch } from "../treefile/architecture.ts";
import { commitRootfs, importRootfs, rootfsDate } from "./commit_rootfs.ts";
import type { EncapsulateOptions } from "./encapsulate_commit.ts";
import { deliverImage, type ImageResult } from "./encapsulate_image.ts";
import { flattenLayers } from "./flatten_layers.ts";
import { isCommitLabel } from "./image_labels.ts";
import { type FoundImage, readImage, requireImage, requireTarget } from "./image_target.ts";
import { openTemporaryArea } from "./temporary_area.ts";

/** A key that signs the commit in an image. */
export interface ImageSigningKey {
  /** `ed25519`: base64 in a file. `spki`: a key in PEM. */
  readonly type: "ed25519" | "spki";
  /** File with the secret key. */
  readonly path: string;
}

/** What {@linkcode buildChunkedImage} is asked for. */
export interface BuildChunkedImageOptions
  extends
    Pick<EncapsulateOptions, "labels" | "maxLayers" | "formatVersion" | "signal" | "progress"> {
  /** Directory of the root filesystem. @default what is in the image */
  readonly rootfs?: string;
  /** Image that the root filesystem comes from, or the configuration alone where there is a directory. */
  readonly from?: string;
  /** Where the image goes, as {@linkcode parseImageReference} reads it. */
  readonly target: string;
  /** Image whose division into layers is kept. @default the one that is at the target */
  readonly previousBuild?: string;
  /** Keys that sign the commit. */
  readonly sign?: readonly ImageSigningKey[];
  /** Date of the commit and the image in seconds since 1970. @default the source's own */
  readonly sourceDateEpoch?: number;
}

/** What an image is made of. */
interface RootSource {
  readonly image: { readonly layout: OciLayout; readonly found: FoundImage } | undefined;
  readonly rootfs: string | undefined;
}

/**
 * Make an image for bootc, divided into layers by package, from any root filesystem: a directory, or what
 * the layers of an image come to.
 *
 * The process must be root, or root of a user namespace, since owners are kept.
 *
 * @throws {ImageError} {@linkcode OciError} {@linkcode TreeError} {@linkcode SignatureError}
 */
export async function buildChunkedImage(options: BuildChunkedImageOptions): Promise<ImageResult> {
  const target = parseImageReference(options.target);
  requireTarget(target);
  const signers = (options.sign ?? []).map(openImageSigner);
  const previous = await findPrevious(target, options);
  using area = openTemporaryArea();
  const directory = area.path;
  const source = await openSource(options, directory);
  const repo = Repo.init(`${directory}/repo`, { mode: "bare" });
  const created = options.sourceDateEpoch ?? sourceDate(source);
  const { commit, database } = await commitSource(
    repo,
    source,
    created,
    pickDefined(options, "signal", "progress"),
  );
  for (const signer of signers) await signCommit(repo, commit, signer);
  const tree = database();
  const { result } = await deliverImage(repo, commit, target, {
    ...pickDefined(options, "maxLayers", "formatVersion", "labels", "signal", "progress"),
    ...(source.image ? { runConfig: keptConfig(source.image.found) } : {}),
    ...(previous ? { previous: previous.manifest, before: previous.manifest } : {}),
    architecture: source.image?.found.config.architecture ?? debianArchitecture(repo, tree),
    bootc: true,
    database: tree,
    directory,
  });
  return result;
}

/** The image that is named, or the one that is at the target if its layers say what is in them. */
async function findPrevious(
  target: ImageReference,
  options: BuildChunkedImageOptions,
): Promise<FoundImage | undefined> {
  const reach = pickDefined(options, "signal");
  if (options.previousBuild !== undefined) {
    return await requireImage(parseImageReference(options.previousBuild), reach);
  }
  const found = await readImage(target, reach);
  return found && previousChunks(found.manifest) ? found : undefined;
}

async function openSource(
  options: BuildChunkedImageOptions,
  directory: string,
): Promise<RootSource> {
  const { from, rootfs } = options;
  const reach = pickDefined(options, "signal");
  if (from === undefined) {
    if (rootfs !== undefined) return { image: undefined, rootfs };
    throw new ImageError("image/no-source", "Cannot make an image: nothing says of what", {
      hint: "Name a directory or an image",
    });
  }
  const path = `${directory}/source`;
  const layout = OciLayout.create(path);
  const reference = parseImageReference(from);
  if (rootfs !== undefined) {
    return { image: { layout, found: await requireImage(reference, reach) }, rootfs };
  }
  const tag = "source";
  await copyImage(reference, { transport: "oci", path, tag }, { ...reach, contentOnly: true });
  const found = await requireImage({ transport: "oci", path, tag });
  return { image: { layout, found }, rootfs };
}

async function commitSource(
  repo: Repo,
  source: RootSource,
  timestamp: number,
  call: Pick<BuildChunkedImageOptions, "signal" | "progress">,
): Promise<{ readonly commit: string; readonly database: () => Tree }> {
  using txn = repo.transaction();
  const tree = source.rootfs === undefined
    ? await flattenLayers(txn, source.image!.layout, source.image!.found.manifest, call)
    : await importRootfs(txn, source.rootfs, call);
  const made = commitRootfs(repo, txn, tree, timestamp);
  txn.commit({ sync: false }); // the repository is gone when the image is there
  return made;
}

function sourceDate({ image, rootfs }: RootSource): number {
  const created = image?.found.config.created;
  if (created !== undefined) return Math.floor(Date.parse(created) / 1000);
  return rootfs === undefined ? 0 : rootfsDate(rootfs);
}

/** How containers of the source run; what its labels say of a commit is not true of another. */
function keptConfig({ config }: FoundImage): RunConfig {
  const labels = Object.entries(config.config?.Labels ?? {}).filter(([key]) => !isCommitLabel(key));
  return { ...config.config, Labels: Object.fromEntries(labels) };
}

function debianArchitecture(repo: Repo, database: Tree): string {
  const dpkg = readInstalledPackages(repo, database).find(({ name }) => name === "dpkg");
  return dpkg?.architecture ?? hostBasearch();
}

function openImageSigner({ type, path }: ImageSigningKey): Signer {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new ImageError("image/no-key", `Cannot sign with "${path}": there is no such file`, {
      subject: path,
      cause,
    });
  }
  return type === "ed25519" ? ed25519Signer(text.trim()) : spkiSigner(text);
}
