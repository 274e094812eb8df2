import { canonicalJson, isMap, isTextMap, parseJsonMap } from "./canonical_json.ts";
import { type Descriptor, MEDIA_TYPE, parseDescriptor } from "./descriptor.ts";
import { OciError } from "./error.ts";

/** An image: its configuration and its layers, the lowest first. */
export interface Manifest {
  /** Its configuration. */
  readonly config: Descriptor;
  /** Its layers, the lowest first. */
  readonly layers: readonly Descriptor[];
  /** Facts about it that are no part of its id. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/**
 * Bytes of a manifest; the same manifest gives the same bytes.
 *
 * @see The image specification, "OCI Image Manifest Specification"
 */
export function formatManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    ...manifest,
  });
}

/**
 * Read a manifest, OCI's or Docker's schema 2.
 *
 * Pure. An index, which lists manifests for several kinds of machines, is refused.
 *
 * @param subject Name of the image for messages.
 * @throws {OciError} `oci/bad-json`, `oci/bad-manifest`.
 */
export function parseManifest(bytes: Uint8Array, subject: string): Manifest {
  const value = parseJsonMap(bytes, subject);
  const bad = (what: string) =>
    new OciError("oci/bad-manifest", `Cannot read manifest of "${subject}": ${what}`, { subject });
  const { mediaType, schemaVersion, config, layers, annotations } = value;
  if (schemaVersion !== 2) throw bad(`its schemaVersion is ${String(schemaVersion)}`);
  if (Array.isArray(value["manifests"])) throw bad("it is a list of manifests");
  if (
    mediaType !== undefined && mediaType !== MEDIA_TYPE.manifest && mediaType !== DOCKER_MANIFEST
  ) {
    throw bad(`its kind is "${String(mediaType)}"`);
  }
  const image = parseDescriptor(config);
  if (!image || !Array.isArray(layers)) throw bad("it names no configuration or no layers");
  const parsed = layers.map((layer: unknown, at) => {
    const descriptor = parseDescriptor(layer);
    if (descriptor) return descriptor;
    throw bad(`layer ${at} is no descriptor of a blob with a SHA-256`);
  });
  if (annotations !== undefined && annotations !== null && !isTextMap(annotations)) {
    throw bad("its annotations are not texts");
  }
  return {
    config: image,
    layers: parsed,
    ...(isMap(annotations) ? { annotations: annotations as Record<string, string> } : {}),
  };
}
