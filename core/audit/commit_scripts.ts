import { type Repo, type Transaction, variant } from "@apt-ostree/ostree";
import { decodeScripts, encodeScripts } from "./encode_scripts.ts";
import type { RecordedScript, ScriptsRecord } from "./scripts_record.ts";

/** Key of the record in a commit's detached metadata, type `ay`. */
export const SCRIPTS_KEY = "aptostree.scripts";

/**
 * Keep a record with a commit: it travels with it, and is no part of its checksum, since no two runs
 * take the same time.
 *
 * Other detached metadata, such as signatures, stay.
 */
export function writeCommitScripts(
  repo: Repo,
  txn: Transaction,
  commit: string,
  scripts: readonly RecordedScript[],
): void {
  const detached = new Map(repo.readDetachedMetadata(commit) ?? []);
  detached.set(SCRIPTS_KEY, variant("ay", encodeScripts(scripts)));
  txn.setDetachedMetadata(commit, detached);
}

/**
 * The record that a commit has.
 *
 * @returns `undefined` where it has none that can be read.
 */
export function readCommitScripts(repo: Repo, commit: string): ScriptsRecord | undefined {
  const found = repo.readDetachedMetadata(commit)?.get(SCRIPTS_KEY);
  return found?.type === "ay" ? decodeScripts(found.value as Uint8Array) : undefined;
}
