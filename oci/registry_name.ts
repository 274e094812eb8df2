import { OciError } from "./error.ts";

/** An image in a registry, by its full name. */
export interface RegistryName {
  /** Host and path, for example `docker.io/library/debian`. */
  readonly repository: string;
  /** Absent only where there is a digest. */
  readonly tag?: string;
  /** `sha256:` and 64 digits. */
  readonly digest?: string;
}

const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
/** What a tag may be, in a registry and in a layout's index. */
export const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** The registry and the part of it that names without a host mean. */
const DEFAULT_HOST = "docker.io";
const DEFAULT_PART = "library";

/**
 * Read the name of an image in a registry, `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`, and make it whole.
 *
 * Pure. Short names are docker.io's, the tag is `latest` where neither tag nor digest is given.
 *
 * @throws {OciError} `oci/bad-reference`.
 * @see The distribution specification, "Pulling manifests"; skopeo reads names so too
 */
export function parseRegistryName(text: string): RegistryName {
  const bad = (what: string) =>
    new OciError("oci/bad-reference", `Cannot use image name "${text}": ${what}`, {
      subject: text,
      hint: "For example registry.example.org/debian/server:12",
    });
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw bad(`"${digest}" is no digest of SHA-256`);
  }
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const given = hasTag ? named.slice(colon + 1) : undefined;
  if (given !== undefined && !TAG.test(given)) throw bad(`"${given}" is no tag`);
  const whole = hasTag ? named.slice(0, colon) : named;
  const slash = whole.indexOf("/");
  const first = slash < 0 ? "" : whole.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost";
  const host = isHost ? first : DEFAULT_HOST;
  const rest = isHost ? whole.slice(slash + 1) : whole;
  if (!HOST.test(host)) throw bad(`"${host}" is no host`);
  if (!PATH.test(rest)) throw bad(`"${rest}" is no path: it has lower-case letters, digits, . _ -`);
  const path = host === DEFAULT_HOST && !rest.includes("/") ? `${DEFAULT_PART}/${rest}` : rest;
  const tag = given ?? (digest === undefined ? "latest" : undefined);
  return {
    repository: `${host}/${path}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Text of a name, whole. */
export function formatRegistryName(name: RegistryName): string {
  const tag = name.tag === undefined ? "" : `:${name.tag}`;
  const digest = name.digest === undefined ? "" : `@${name.digest}`;
  return `${name.repository}${tag}${digest}`;
}
