import { hostRunner, RunError, type Runner } from "@apt-ostree/base";
import { OciError } from "./error.ts";
import { formatImageReference, type ImageReference, type Transport } from "./reference.ts";

/** How skopeo reaches images. */
export interface SkopeoOptions {
  /** File with the credentials of registries. @default those that skopeo looks for by itself */
  readonly authfile?: string;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How {@linkcode copyImage} goes about it. */
export interface CopyImageOptions extends SkopeoOptions {
  /** How often a copy that failed is tried again. @default {0} */
  readonly retryTimes?: number;
  /**
   * Whether only the content counts: the form of manifest and layers may change, as images of Docker and
   * of podman's store need it. @default {false}
   */
  readonly contentOnly?: boolean;
}

/** Places that take any image as it is. */
const KEEPING: readonly Transport[] = ["docker", "oci", "dir"];

/** Where skopeo looks for credentials, settings and proxies. */
const ENVIRONMENT = [
  "HOME",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "REGISTRY_AUTH_FILE",
  "DOCKER_CONFIG",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
] as const;

/** What a registry or a store says of an image that it does not have. */
const MISSING =
  /manifest unknown|name unknown|no such file or directory|not known|does not (?:exist|resolve)/i;

/**
 * Copy an image with skopeo. Into registries, directories and layouts it goes byte for byte, so that
 * its digest stays, unless only its content counts.
 *
 * @returns Digest of the manifest at its new place.
 * @throws {OciError} `oci/copy-failed`, `oci/not-found`. @throws {RunError} `run/missing`.
 */
export async function copyImage(
  from: ImageReference,
  to: ImageReference,
  options: CopyImageOptions = {},
): Promise<string> {
  const { authfile, retryTimes = 0 } = options;
  const digestFile = Deno.makeTempFileSync({ prefix: "apt-ostree-digest-" });
  const keeps = !options.contentOnly && KEEPING.includes(to.transport);
  const plain = options.contentOnly && to.transport === "oci";
  try {
    await skopeo([
      "copy",
      "--quiet",
      `--digestfile=${digestFile}`,
      ...(keeps ? ["--preserve-digests"] : []),
      ...(plain ? ["--dest-oci-accept-uncompressed-layers"] : []),
      ...(authfile === undefined ? [] : [`--authfile=${authfile}`]),
      ...(retryTimes > 0 ? [`--retry-times=${retryTimes}`] : []),
      formatImageReference(from),
      formatImageReference(to),
    ], { ...options, what: "copy", subject: formatImageReference(to) });
    return Deno.readTextFileSync(digestFile).trim();
  } finally {
    Deno.removeSync(digestFile);
  }
}

/**
 * Bytes of an image's manifest and of its configuration, as skopeo finds them.
 *
 * @throws {OciError} `oci/not-found`, `oci/copy-failed`. @throws {RunError} `run/missing`.
 */
export async function inspectImage(
  reference: ImageReference,
  options: SkopeoOptions = {},
): Promise<{ readonly manifest: Uint8Array; readonly config: Uint8Array }> {
  const subject = formatImageReference(reference);
  const auth = options.authfile === undefined ? [] : [`--authfile=${options.authfile}`];
  const inspect = (...flags: string[]) =>
    skopeo(["inspect", ...auth, ...flags, subject], { ...options, what: "read", subject });
  return {
    manifest: await inspect("--raw"),
    config: await inspect("--config", "--raw"),
  };
}

async function skopeo(
  args: readonly string[],
  options: SkopeoOptions & { readonly what: string; readonly subject: string },
): Promise<Uint8Array> {
  const { runner = hostRunner, signal, what, subject } = options;
  const env: Record<string, string> = {};
  for (const name of ENVIRONMENT) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  try {
    return (await runner.run(["skopeo", ...args], { env, ...(signal ? { signal } : {}) })).stdout;
  } catch (cause) {
    if (!(cause instanceof RunError) || cause.code === "run/missing") throw cause;
    const lines = cause.stderr.trim().split("\n");
    const said = withoutCredentials(logText(lines.at(-1) ?? ""));
    const missing = MISSING.test(said) && what === "read";
    throw new OciError(
      missing ? "oci/not-found" : "oci/copy-failed",
      `Cannot ${what} image "${subject}": ${said || cause.message}`,
      { subject, cause, hint: "Try it with skopeo: it reads the same settings and credentials" },
    );
  }
}

/** The message of a line of skopeo's log, `time="…" level=fatal msg="…"`. */
function logText(line: string): string {
  const quoted = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return (quoted ?? line).replace(/\\(.)/g, "$1");
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//");
}
