import { hostRunner, type Runner } from "@apt-ostree/base";
import { RepoError } from "./error.ts";
import { lstatIfThere } from "./if_there.ts";
import { checksumFromBytes, MAX_METADATA_SIZE } from "./object/name.ts";
import { swap64 } from "./object/xattrs.ts";
import type { Repo } from "./repo.ts";
import { decodeVariant } from "./variant/decode.ts";
import type { VariantDict } from "./variant/variant.ts";

/** A ref as a summary lists it. */
export interface SummaryRef {
  /** Checksum of the commit. */
  readonly checksum: string;
  /** Bytes of the commit object. */
  readonly size: number;
  /** Seconds since 1970 that the commit bears; `undefined` where the summary does not say. */
  readonly timestamp: number | undefined;
  /** Version of the commit, where it has one. */
  readonly version: string | undefined;
}

/** What a repository's `summary` says: refs and deltas in one file, for clients over HTTP. */
export interface Summary {
  /** Refs, in the order of the file. */
  readonly refs: ReadonlyMap<string, SummaryRef>;
  /** When it was written, in seconds since 1970. */
  readonly lastModified: number | undefined;
  /** Static deltas: `FROM-TO` or `TO` to the checksum of the superblock. */
  readonly staticDeltas: ReadonlyMap<string, string>;
  /** All further metadata, as they are stored. */
  readonly metadata: VariantDict;
}

/**
 * Read a summary.
 *
 * @param bytes Content of the file `summary`.
 * @throws {VariantError} If they are no normal `(a(s(taya{sv}))a{sv})`.
 */
export function decodeSummary(bytes: Uint8Array): Summary {
  const [refs, metadata] = decodeVariant("(a(s(taya{sv}))a{sv})", bytes) as [
    [string, [bigint, Uint8Array, VariantDict]][],
    VariantDict,
  ];
  const deltas = (metadata.get("ostree.static-deltas")?.value ?? new Map()) as VariantDict;
  return {
    refs: new Map(refs.map(([name, [size, sum, more]]) => [name, {
      checksum: checksumFromBytes(sum),
      size: Number(size), // the one number here that is not turned round
      timestamp: bigNumber(more, "ostree.commit.timestamp"),
      version: more.get("ostree.commit.version")?.value as string | undefined,
    }])),
    lastModified: bigNumber(metadata, "ostree.summary.last-modified"),
    staticDeltas: new Map(
      [...deltas].map(([name, { value }]) => [name, checksumFromBytes(value as Uint8Array)]),
    ),
    metadata,
  };
}

/**
 * Read a repository's summary; `undefined` where it has none.
 *
 * @throws {VariantError} If it is damaged. @throws {RepoError} `repo/bad-summary` if it is no file, or
 * larger than any client takes.
 */
export function readSummary(repo: Repo): Summary | undefined {
  const path = `${repo.path}/summary`;
  const info = lstatIfThere(path);
  if (!info) return undefined;
  if (!info.isFile || info.size > MAX_METADATA_SIZE) {
    throw new RepoError("repo/bad-summary", `Cannot read "${path}": it is no file, or too large`, {
      subject: path,
      hint: "Write it anew with: ostree summary --update",
    });
  }
  return decodeSummary(Deno.readFileSync(path));
}

/** How {@linkcode updateSummary} and {@linkcode generateDelta} run. */
export interface OstreeCallOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/**
 * Write a repository's summary anew, with `ostree summary`.
 *
 * @param options.gpg Key to sign it with, and the directory of the keys.
 * @throws {RunError} With what `ostree` said.
 */
export async function updateSummary(
  repo: Repo,
  options: OstreeCallOptions & {
    readonly gpg?: { readonly key: string; readonly homedir?: string };
  } = {},
): Promise<void> {
  const { gpg } = options;
  const sign = gpg
    ? [`--gpg-sign=${gpg.key}`, ...(gpg.homedir ? [`--gpg-homedir=${gpg.homedir}`] : [])]
    : [];
  await call(["ostree", "summary", `--repo=${repo.path}`, "--update", ...sign], options);
}

/**
 * Write a static delta, with `ostree static-delta generate`.
 *
 * @param from Commit that clients have; `null` for a delta from nothing.
 * @param to Commit that it leads to.
 * @throws {RepoError} `repo/unsupported-mode` if the repository is no archive: nobody could fetch it.
 * @throws {RunError} With what `ostree` said.
 */
export async function generateDelta(
  repo: Repo,
  from: string | null,
  to: string,
  options: OstreeCallOptions = {},
): Promise<void> {
  if (repo.mode !== "archive") {
    const message = `Cannot make a delta in "${repo.path}": its mode is ${repo.mode}`;
    throw new RepoError("repo/unsupported-mode", message, {
      subject: repo.path,
      hint: "Pull the commits into a repository of mode archive",
    });
  }
  const start = from === null ? "--empty" : `--from=${from}`;
  const argv = ["ostree", "static-delta", "generate", `--repo=${repo.path}`, start, `--to=${to}`];
  await call(argv, options);
}

async function call(argv: readonly string[], options: OstreeCallOptions): Promise<void> {
  const { runner = hostRunner, signal } = options;
  await runner.run(argv, signal ? { signal } : {});
}

function bigNumber(dict: VariantDict, key: string): number | undefined {
  const value = dict.get(key)?.value;
  return typeof value === "bigint" ? Number(swap64(value)) : undefined;
}
