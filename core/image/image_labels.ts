import type { VariantDict } from "@apt-ostree/ostree";
import { INPUT_HASH_KEY } from "../compose/commit_metadata.ts";
import { ImageError } from "../error.ts";

/** Label that says which commit an image has. */
export const COMMIT_LABEL = "ostree.commit";
/** Label that says where the layers of the commit end: what makes an image one of a commit. */
export const FINAL_LAYER_LABEL = "ostree.final-diffid";
/** Label of images that hosts can boot. */
export const BOOTC_LABEL = "containers.bootc";
/** Label with the version of the system. */
export const VERSION_LABEL = "org.opencontainers.image.version";

/** Metadata of commits that images have as labels. */
const COPIED: readonly (readonly [key: string, label: string])[] = [
  ["ostree.bootable", "ostree.bootable"],
  ["ostree.linux", "ostree.linux"],
  ["version", VERSION_LABEL],
  [INPUT_HASH_KEY, INPUT_HASH_KEY],
];

/** What {@linkcode imageLabels} is told beside the commit's metadata. */
export interface LabelRequest {
  readonly commit: string;
  /** Digest of the tar archive of the commit's last layer. */
  readonly finalDiffId: string;
  /** Keys of metadata that become labels, and must be there. */
  readonly copyMeta: readonly string[];
  /** Keys of metadata that become labels where they are there. */
  readonly copyMetaOptional: readonly string[];
  /** Whether the image is for bootc, whatever its commit says. */
  readonly bootc: boolean;
  /** Labels that the user gives; they win. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Labels of the image of a commit.
 *
 * Pure.
 *
 * @throws {ImageError} `image/bad-metadata` if a key that is asked for is missing, or is no text.
 */
export function imageLabels(metadata: VariantDict, request: LabelRequest): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, label] of COPIED) {
    const value = metadata.get(key)?.value;
    if (typeof value === "string" || value === true) labels[label] = String(value);
  }
  if (request.bootc || labels["ostree.bootable"] !== undefined) labels[BOOTC_LABEL] = "1";
  for (const key of request.copyMeta) {
    if (!metadata.has(key)) throw badMetadata(key, "the commit does not have it");
    labels[key] = labelText(metadata, key);
  }
  for (const key of request.copyMetaOptional) {
    if (metadata.has(key)) labels[key] = labelText(metadata, key);
  }
  return {
    ...labels,
    ...request.labels,
    [COMMIT_LABEL]: request.commit,
    [FINAL_LAYER_LABEL]: request.finalDiffId,
  };
}

/** Program that a container of the image runs, as the commit says it. */
export function commitCommand(metadata: VariantDict): string[] | undefined {
  const found = metadata.get("ostree.container-cmd");
  return found?.type === "as" ? found.value as string[] : undefined;
}

function labelText(metadata: VariantDict, key: string): string {
  const { type, value } = metadata.get(key)!;
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  throw badMetadata(key, `it has type ${type}, and labels are texts`);
}

function badMetadata(key: string, what: string): ImageError {
  return new ImageError("image/bad-metadata", `Cannot copy commit metadata "${key}": ${what}`, {
    subject: key,
    hint: "Show what it has: ostree show --print-metadata-key=KEY, or ostree show --raw",
  });
}

/** Whether a label says something about the commit that an image has. */
export function isCommitLabel(label: string): boolean {
  return label === COMMIT_LABEL || label === FINAL_LAYER_LABEL ||
    (label !== VERSION_LABEL && COPIED.some(([, each]) => each === label));
}
