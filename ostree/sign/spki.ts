import { createPrivateKey, createSign, type KeyObject, sign } from "node:crypto";
import { SignatureError } from "../error.ts";
import type { Signer } from "./signature.ts";

const METADATA_KEY = "ostree.sign.spki";
/** Keys of these kinds sign a digest, of SHA-256 unless they are told otherwise. */
const DIGESTED = ["rsa", "ec"];

/**
 * Signs with a key of any kind that OpenSSL knows how to sign with by itself, as `ostree sign
 * --sign-type=spki` does: Ed25519, or RSA and elliptic curves over SHA-256.
 *
 * @param pem Private key in PEM.
 * @throws {SignatureError} `signature/bad-key`.
 */
export function spkiSigner(pem: string): Signer {
  const key = readKey(pem);
  return {
    metadataKey: METADATA_KEY,
    sign(message) {
      const signature = key.asymmetricKeyType === "ed25519"
        ? sign(null, message, key)
        : createSign("sha256").update(message).sign(key);
      return Promise.resolve(new Uint8Array(signature));
    },
  };
}

function readKey(pem: string): KeyObject {
  // A secret key has no place in a message.
  const bad = (what: string, cause?: unknown) =>
    new SignatureError("signature/bad-key", `Cannot use the private key: ${what}`, {
      hint: "It is an Ed25519, RSA or elliptic curve key in PEM, without a password",
      cause,
    });
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw bad("it is no key in PEM", cause);
  }
  const kind = key.asymmetricKeyType ?? "";
  if (kind !== "ed25519" && !DIGESTED.includes(kind)) throw bad(`its kind is "${kind}"`);
  return key;
}
