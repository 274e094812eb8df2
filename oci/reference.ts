import { OciError } from "./error.ts";
import { formatRegistryName, parseRegistryName, type RegistryName, TAG } from "./registry_name.ts";

/** Where an image is, and how to get at it. */
export type ImageReference =
  /** In a registry. */
  | ({ readonly transport: "docker" } & RegistryName)
  /** In an OCI layout, as a directory or as a tar archive of it. */
  | {
    readonly transport: "oci" | "oci-archive";
    readonly path: string;
    /** Name in the layout's index; without one the layout has one image. */
    readonly tag?: string;
  }
  /** In a place that only skopeo knows its way about in. */
  | {
    readonly transport: "docker-archive" | "docker-daemon" | "dir" | "containers-storage";
    readonly name: string;
  };

/** A kind of place for images. */
export type Transport = ImageReference["transport"];

const OTHERS = ["docker-archive", "docker-daemon", "dir", "containers-storage"] as const;
/** What may stand before a reference, for messages. */
const KNOWN = [
  "docker://",
  "registry:",
  "oci:",
  "oci-archive:",
  ...OTHERS.map((each) => `${each}:`),
];

/**
 * Read a reference to an image, as skopeo and ostree write them.
 *
 * Pure: looks nowhere.
 *
 * @param text `docker://NAME` or `registry:NAME`, `oci:PATH[:TAG]`, `oci-archive:PATH[:TAG]`, or one of
 * `docker-archive:`, `docker-daemon:`, `dir:`, `containers-storage:`.
 * @throws {OciError} `oci/bad-reference`.
 * @see containers-transports(5)
 * @example Usage
 * ```ts
 * import { parseImageReference } from "@apt-ostree/oci";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseImageReference("oci:images:12"), {
 *   transport: "oci",
 *   path: "images",
 *   tag: "12",
 * });
 * ```
 */
export function parseImageReference(text: string): ImageReference {
  const colon = text.indexOf(":");
  const transport = text.slice(0, Math.max(0, colon));
  const rest = text.slice(colon + 1);
  switch (transport) {
    case "registry":
      return { transport: "docker", ...parseRegistryName(rest.replace(/^\/\//, "")) };
    case "docker":
      if (!rest.startsWith("//")) throw bad(text, 'behind "docker:" stand two slashes');
      return { transport: "docker", ...parseRegistryName(rest.slice(2)) };
    case "oci":
    case "oci-archive":
      return { transport, ...parseLayoutName(text, rest) };
  }
  const other = OTHERS.find((each) => each === transport);
  if (!other) throw bad(text, `it begins with none of ${KNOWN.join(" ")}`);
  if (rest === "") throw bad(text, "it names nothing");
  return { transport: other, name: rest };
}

/** Text of a reference, as skopeo takes it. */
export function formatImageReference(reference: ImageReference): string {
  switch (reference.transport) {
    case "docker":
      return `docker://${formatRegistryName(reference)}`;
    case "oci":
    case "oci-archive": {
      const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
      return `${reference.transport}:${reference.path}${tag}`;
    }
    default:
      return `${reference.transport}:${reference.name}`;
  }
}

/** `PATH[:TAG]`: the first colon ends the path, as in skopeo. */
function parseLayoutName(text: string, rest: string): { path: string; tag?: string } {
  const colon = rest.indexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (path === "") throw bad(text, "it names no path");
  if (colon < 0) return { path };
  const tag = rest.slice(colon + 1);
  // A layout may name an image by a whole reference, which loaders of archives take for its name.
  if (!/^\w[\w./:@-]*$/.test(tag) && !TAG.test(tag)) throw bad(text, `"${tag}" is no tag`);
  return { path, tag };
}

function bad(text: string, what: string): OciError {
  return new OciError("oci/bad-reference", `Cannot use image "${text}": ${what}`, {
    subject: text,
    hint: "For example oci:DIRECTORY:TAG, oci-archive:FILE or docker://HOST/NAME:TAG",
  });
}
