import { createHash } from "node:crypto";
import { isMap, isTextMap } from "./canonical_json.ts";

/** What names a blob: its kind, its digest, its length. */
export interface Descriptor {
  /** Kind of the blob. */
  readonly mediaType: string;
  /** `sha256:` and 64 lower-case digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Facts about it that are no part of the blob. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** In an index, the machines that an image is for. */
  readonly platform?: Platform;
}

/** Machines that an image is for, in Go's words. */
export interface Platform {
  /** For example `amd64`. */
  readonly architecture: string;
  /** Always `linux` for ours. */
  readonly os: string;
  /** For example `v7`. */
  readonly variant?: string;
}

/** Kinds of blobs that we write. */
export const MEDIA_TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Digest of bytes, `sha256:` and 64 digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Read a descriptor; `undefined` if it is none, or has a digest of another kind than SHA-256. */
export function parseDescriptor(value: unknown): Descriptor | undefined {
  if (!isMap(value)) return undefined;
  const { mediaType, digest, size, annotations, platform } = value;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !DIGEST.test(digest)) {
    return undefined;
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (annotations !== undefined && annotations !== null && !isTextMap(annotations)) {
    return undefined;
  }
  const machines = parsePlatform(platform);
  return {
    mediaType,
    digest,
    size,
    ...(annotations ? { annotations } : {}),
    ...(machines ? { platform: machines } : {}),
  };
}

function parsePlatform(value: unknown): Platform | undefined {
  if (!isMap(value)) return undefined;
  const { architecture, os, variant } = value;
  if (typeof architecture !== "string" || typeof os !== "string") return undefined;
  return { architecture, os, ...(typeof variant === "string" ? { variant } : {}) };
}
