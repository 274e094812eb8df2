import { FormatError } from "@apt-ostree/apt";
import { quoted } from "@apt-ostree/base";
import { parse, YAMLParseError } from "yaml";

/** What a lockfile says about one package. */
export interface LockedPackage {
  /** Its version. */
  readonly version: string;
  /** Its dpkg architecture; `undefined` where the lock is for all. */
  readonly architecture: string | undefined;
  /** SHA-256 of the .deb, where the lock names it. */
  readonly sha256: string | undefined;
}

/**
 * Read a lockfile, JSON or YAML.
 *
 * @param file Name for messages.
 * @returns Packages by name; `name:arch` for those of a foreign architecture.
 * @throws {FormatError} `format/bad-lockfile` with the place.
 * @see docs/lockfile.schema.json
 */
export function parseLockfile(text: string, file: string): Map<string, LockedPackage> {
  let root: unknown;
  try {
    root = parse(text, { logLevel: "error" });
  } catch (cause) {
    // A ReferenceError is about an alias: one of nothing, or far too many.
    const wrong = cause instanceof YAMLParseError || cause instanceof ReferenceError;
    if (!wrong) throw cause;
    throw bad(file, cause.message.split("\n")[0]!, cause);
  }
  const { packages, metadata } = keys(root, ["packages", "metadata"], "the file", file);
  if (packages === undefined) throw bad(file, "it has no packages");
  if (metadata !== undefined) {
    const allowed = ["generated", "apt_sources", "rpmmd_repos"];
    const { generated } = keys(metadata, allowed, "metadata", file);
    if (generated !== undefined && !Number.isFinite(Date.parse(String(generated)))) {
      throw bad(file, `metadata.generated is "${generated}", which is no date`);
    }
  }
  const entries = Object.entries(keys(packages, undefined, "packages", file));
  return new Map(entries.map(([name, entry]) => [name, lockedPackage(name, entry, file)]));
}

function lockedPackage(name: string, entry: unknown, file: string): LockedPackage {
  const allowed = ["evra", "evr", "version", "arch", "digest", "metadata"];
  const place = `packages.${name}`;
  if (!/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?$/.test(name)) {
    throw bad(file, `"${name}" is no package`);
  }
  const fields = keys(entry, allowed, place, file);
  const text = (key: string) => {
    const value = fields[key];
    if (value === undefined || typeof value === "string") return value;
    throw bad(file, `${place}.${key} is no text: put it in quotes`);
  };
  const [evra, evr, version, arch, digest] = [
    text("evra"),
    text("evr"),
    text("version"),
    text("arch"),
    text("digest"),
  ];
  if ([evra, evr, version].filter((each) => each !== undefined).length !== 1) {
    throw bad(file, `${place} must have just one of evra, evr and version`);
  }
  const split = evra === undefined ? undefined : /^(.+)\.([a-z0-9-]+)$/.exec(evra);
  if (split === null) throw bad(file, `${place}.evra is "${evra}", not VERSION.ARCH`);
  const sha256 = digest === undefined ? undefined : /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (digest !== undefined && sha256 === undefined) {
    throw bad(file, `${place}.digest is "${digest}", not sha256: and 64 digits`);
  }
  const locked = {
    version: split?.[1] ?? evr ?? version!,
    architecture: split?.[2] ?? arch,
    sha256,
  };
  if (!/^\d[A-Za-z0-9.+~:-]*$/.test(locked.version)) {
    throw bad(file, `${place} has the version ${quoted(locked.version)}, which is none`);
  }
  return locked;
}

function keys(
  value: unknown,
  allowed: readonly string[] | undefined,
  place: string,
  file: string,
): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(file, `${place} is no map`);
  }
  const unknown = Object.keys(value).find((key) => allowed && !allowed.includes(key));
  if (unknown !== undefined) throw bad(file, `${place} has the unknown key "${unknown}"`);
  return value as Record<string, unknown>;
}

function bad(file: string, what: string, cause?: unknown): FormatError {
  return new FormatError("format/bad-lockfile", `Cannot read lockfile "${file}": ${what}`, {
    subject: file,
    hint: "Write one anew with --ex-write-lockfile-to",
    cause,
  });
}
