import { ed25519Signer, gpgSigner, type Signer } from "@apt-ostree/ostree";
import { readTreefileFile } from "../treefile/read_treefile.ts";
import type { SigningKey } from "../treefile/treefile.ts";

/**
 * A signer with the key that a treefile names.
 *
 * @throws {TreefileError} `treefile/not-found`.
 * @throws {SignatureError} `signature/bad-key`.
 */
export function openSigner(key: SigningKey): Signer {
  if ("gpg" in key) {
    return gpgSigner({ key: key.gpg, ...(key.homedir ? { homedir: key.homedir.path } : {}) });
  }
  return ed25519Signer(new TextDecoder().decode(readTreefileFile(key.ed25519)).trim());
}
