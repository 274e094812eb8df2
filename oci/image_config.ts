import { canonicalJson, isMap, isTextMap, parseJsonMap } from "./canonical_json.ts";
import type { Platform } from "./descriptor.ts";
import { OciError } from "./error.ts";

/** How a container of the image runs; names and meanings are the image specification's. */
export interface RunConfig {
  /** Facts about the image. */
  readonly Labels?: Readonly<Record<string, string>>;
  /** Program and arguments, or arguments of the entry point. */
  readonly Cmd?: readonly string[];
  /** Program and arguments that always run. */
  readonly Entrypoint?: readonly string[];
  /** `NAME=VALUE` each. */
  readonly Env?: readonly string[];
  /** Name or number of the user that runs it. */
  readonly User?: string;
  /** Directory that it runs in. */
  readonly WorkingDir?: string;
  /** Signal that ends it. */
  readonly StopSignal?: string;
  /** Ports that it serves, such as `80/tcp`, each an empty map. */
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  /** Directories that hold its data, each an empty map. */
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
}

/** What made a layer. */
export interface HistoryEntry {
  /** RFC 3339, UTC, whole seconds. */
  readonly created?: string;
  /** What made it, in words. */
  readonly created_by?: string;
  /** What else there is to say. */
  readonly comment?: string;
  /** Who made it. */
  readonly author?: string;
  /** Whether there is no layer to it. */
  readonly empty_layer?: boolean;
}

/** The configuration of an image; the digest of its bytes is the image's id. */
export interface ImageConfig extends Platform {
  /** RFC 3339, UTC, whole seconds. */
  readonly created?: string;
  /** How containers run. */
  readonly config?: RunConfig;
  /** Digests of the layers' tar archives, in the manifest's order. */
  readonly diffIds: readonly string[];
  /** What made each layer. */
  readonly history?: readonly HistoryEntry[];
}

const TEXTS = ["User", "WorkingDir", "StopSignal"] as const;
const LISTS = ["Cmd", "Entrypoint", "Env"] as const;
const SETS = ["ExposedPorts", "Volumes"] as const;
const RUN_KEYS: readonly string[] = ["Labels", ...TEXTS, ...LISTS, ...SETS];

/**
 * Bytes of a configuration; the same configuration gives the same bytes.
 *
 * @see The image specification, "OCI Image Configuration"
 */
export function formatImageConfig(config: ImageConfig): Uint8Array<ArrayBuffer> {
  const { diffIds, ...rest } = config;
  return canonicalJson({ ...rest, rootfs: { type: "layers", diff_ids: diffIds } });
}

/**
 * Read a configuration.
 *
 * Pure. What we have no name for is left out.
 *
 * @param subject Name of the image for messages.
 * @throws {OciError} `oci/bad-json`, `oci/bad-config`.
 */
export function parseImageConfig(bytes: Uint8Array, subject: string): ImageConfig {
  const value = parseJsonMap(bytes, subject);
  const { architecture, os, variant, created, config, rootfs, history } = value;
  if (typeof architecture !== "string" || typeof os !== "string") {
    throw badConfig(subject, "it says no architecture or no system");
  }
  const diffIds = isMap(rootfs) ? rootfs["diff_ids"] : undefined;
  if (!Array.isArray(diffIds) || !diffIds.every((each) => typeof each === "string")) {
    throw badConfig(subject, "it lists no layers");
  }
  return {
    architecture,
    os,
    ...(typeof variant === "string" ? { variant } : {}),
    ...(typeof created === "string" ? { created } : {}),
    ...(isMap(config) ? { config: checkRunConfig(config, subject, false) } : {}),
    diffIds,
    ...(Array.isArray(history) ? { history: history as HistoryEntry[] } : {}),
  };
}

/**
 * Read how containers run, the `config` of a configuration, as a person writes it to a file.
 *
 * @param subject Name of the file for messages.
 * @throws {OciError} `oci/bad-json`; `oci/bad-config` also for keys that are none.
 */
export function parseRunConfig(bytes: Uint8Array, subject: string): RunConfig {
  return checkRunConfig(parseJsonMap(bytes, subject), subject, true);
}

function checkRunConfig(
  value: Record<string, unknown>,
  subject: string,
  strict: boolean,
): RunConfig {
  const kept: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    if (!RUN_KEYS.includes(key)) {
      if (strict) throw badConfig(subject, `"${key}" is none of ${RUN_KEYS.join(", ")}`);
      continue;
    }
    if (each === null || each === undefined) continue;
    if (!isOfKey(key, each)) throw badConfig(subject, `"${key}" has the wrong type`);
    kept[key] = each;
  }
  return kept as RunConfig;
}

function isOfKey(key: string, value: unknown): boolean {
  if (key === "Labels") return isTextMap(value);
  if (TEXTS.some((each) => each === key)) return typeof value === "string";
  if (SETS.some((each) => each === key)) return isMap(value) && Object.values(value).every(isMap);
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function badConfig(subject: string, what: string): OciError {
  return new OciError("oci/bad-config", `Cannot read image configuration "${subject}": ${what}`, {
    subject,
    hint: "See the image specification, config",
  });
}
