import { SignatureError } from "../error.ts";
import type { Signer, Verifier } from "./signature.ts";

/** A pair of keys as libostree's tools take them. */
export interface Ed25519Keys {
  /** 32 bytes in base64. */
  readonly public: string;
  /** Seed and public key, 64 bytes, in base64. Whoever has it can sign. */
  readonly secret: string;
}

const METADATA_KEY = "ostree.sign.ed25519";
/** What stands before the seed in PKCS #8. @see RFC 8410, section 7 */
const PKCS8 = Uint8Array.fromHex("302e020100300506032b657004220420");

/** Make a pair of keys. */
export async function generateEd25519Keys(): Promise<Ed25519Keys> {
  const made = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const pair = made as CryptoKeyPair; // for this algorithm it always is
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const open = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return {
    public: open.toBase64(),
    secret: new Uint8Array([...pkcs8.subarray(PKCS8.length, PKCS8.length + 32), ...open])
      .toBase64(),
  };
}

/**
 * Signs with an ed25519 key, as `ostree sign` does.
 *
 * @param secret Seed and public key, or the seed alone, in base64.
 * @throws {SignatureError} `signature/bad-key`.
 */
export function ed25519Signer(secret: string): Signer {
  const bytes = decodeKey(secret, [32, 64], "secret");
  return {
    metadataKey: METADATA_KEY,
    async sign(message) {
      const pkcs8 = new Uint8Array([...PKCS8, ...bytes.subarray(0, 32)]);
      const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
      return new Uint8Array(await crypto.subtle.sign("Ed25519", key, new Uint8Array(message)));
    },
  };
}

/**
 * Trusts ed25519 keys; tells who signed by the public key.
 *
 * @param publicKeys 32 bytes each, in base64.
 * @throws {SignatureError} `signature/bad-key`.
 */
export function ed25519Verifier(publicKeys: readonly string[]): Verifier {
  const keys = publicKeys.map((key) => [key, decodeKey(key, [32], "public")] as const);
  return {
    metadataKey: METADATA_KEY,
    async verify(message, signatures) {
      const good: string[] = [];
      for (const [name, bytes] of keys) {
        const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
        for (const signature of signatures) {
          const [sig, text] = [new Uint8Array(signature), new Uint8Array(message)];
          if (sig.length !== 64 || !await crypto.subtle.verify("Ed25519", key, sig, text)) continue;
          good.push(name);
          break;
        }
      }
      return good;
    },
  };
}

function decodeKey(text: string, lengths: number[], kind: string): Uint8Array<ArrayBuffer> {
  let found = "it is no base64";
  try {
    const bytes = Uint8Array.fromBase64(text.trim());
    if (lengths.includes(bytes.length)) return bytes;
    found = `it has ${bytes.length} bytes`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // A secret key has no place in a message.
  throw new SignatureError("signature/bad-key", `Cannot use the ${kind} ed25519 key: ${found}`, {
    hint: `It is ${lengths.join(" or ")} bytes in base64`,
  });
}
