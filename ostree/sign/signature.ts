import { SignatureError } from "../error.ts";
import type { Repo } from "../repo.ts";
import { type Variant, variant } from "../variant/variant.ts";

/** Makes signatures of one kind. */
export interface Signer {
  /** Key of the detached metadata that lists them, for example `ostree.gpgsigs`. */
  readonly metadataKey: string;
  /** Sign bytes. @throws {SignatureError} {@linkcode RunError} If the key cannot be used. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Checks signatures of one kind. */
export interface Verifier {
  /** Key of the detached metadata that lists them. */
  readonly metadataKey: string;
  /**
   * Check signatures over bytes.
   *
   * @returns Who made those that are good and trusted: fingerprints, or public keys.
   */
  verify(bytes: Uint8Array, signatures: readonly Uint8Array[]): Promise<string[]>;
}

/**
 * Sign a commit; signatures that it has stay.
 *
 * @param commit Checksum.
 * @throws {ObjectError} If the commit is not there.
 */
export async function signCommit(repo: Repo, commit: string, signer: Signer): Promise<void> {
  const signature = await signer.sign(repo.readMetadata(commit, "commit"));
  using txn = repo.transaction();
  const detached = new Map<string, Variant>(repo.readDetachedMetadata(commit) ?? []);
  const all = [...signaturesIn(detached, signer.metadataKey), signature];
  detached.set(signer.metadataKey, variant("aay", all));
  txn.setDetachedMetadata(commit, detached);
  txn.commit();
}

/**
 * Check that somebody trusted signed a commit.
 *
 * @param verifiers One that finds a good signature is enough.
 * @returns Who signed it.
 * @throws {SignatureError} `signature/missing` if there is none of these kinds,
 * `signature/untrusted` if none is good.
 */
export async function verifyCommit(
  repo: Repo,
  commit: string,
  verifiers: readonly Verifier[],
): Promise<string[]> {
  const bytes = repo.readMetadata(commit, "commit");
  const detached = repo.readDetachedMetadata(commit) ?? new Map<string, Variant>();
  const who: string[] = [];
  let count = 0;
  for (const verifier of verifiers) {
    const signatures = signaturesIn(detached, verifier.metadataKey);
    count += signatures.length;
    if (signatures.length > 0) who.push(...await verifier.verify(bytes, signatures));
  }
  if (who.length > 0) return who;
  const kinds = verifiers.map(({ metadataKey }) => metadataKey).join(" or ");
  if (count === 0) {
    const message = `Cannot trust commit ${commit}: it has no signature in ${kinds}`;
    throw new SignatureError("signature/missing", message, {
      subject: commit,
      hint: "Pull its detached metadata, or ask its maker to sign it",
    });
  }
  const message = `Cannot trust commit ${commit}: none of ${count} signatures is of a trusted key`;
  throw new SignatureError("signature/untrusted", message, {
    subject: commit,
    hint: "Check which keys are trusted",
  });
}

function signaturesIn(detached: ReadonlyMap<string, Variant>, key: string): Uint8Array[] {
  const found = detached.get(key);
  return found?.type === "aay" ? found.value as Uint8Array[] : [];
}
