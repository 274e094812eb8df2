import { hostRunner, type Runner } from "@apt-ostree/base";
import type { Signer, Verifier } from "./signature.ts";

/** Key of the detached metadata that lists OpenPGP signatures. */
const METADATA_KEY = "ostree.gpgsigs";

/** How {@linkcode gpgSigner} finds its key. */
export interface GpgSignerOptions {
  /** Name, address, or fingerprint of the key. */
  readonly key: string;
  /** Directory of the keys. @default the user's own */
  readonly homedir?: string;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/** Signs with `gpg`, which asks its agent for the key. */
export function gpgSigner(options: GpgSignerOptions): Signer {
  const { key, homedir, runner = hostRunner } = options;
  return {
    metadataKey: METADATA_KEY,
    async sign(bytes) {
      const home = homedir === undefined ? [] : ["--homedir", homedir];
      const argv = ["gpg", ...home, "--batch", "--no-tty", "--local-user", key];
      const env = homedir === undefined ? { env: { HOME: Deno.env.get("HOME") ?? "/root" } } : {};
      return (await runner.run([...argv, "--detach-sign"], { stdin: bytes, ...env })).stdout;
    },
  };
}

/** What {@linkcode gpgVerifier} trusts. */
export interface GpgVerifierOptions {
  /** Files with the public keys that are trusted, binary or armored; none is trusted beside them. */
  readonly keyrings: readonly string[];
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
}

/** Trusts OpenPGP keys, by `gpgv`; tells who signed by the fingerprint of the primary key. */
export function gpgVerifier(options: GpgVerifierOptions): Verifier {
  const { keyrings, runner = hostRunner } = options;
  return {
    metadataKey: METADATA_KEY,
    async verify(bytes, signatures) {
      const dir = await Deno.makeTempDir({ prefix: "apt-ostree-gpg-" });
      try {
        const rings = await Promise.all(keyrings.map(async (ring, at) => {
          const file = `${dir}/ring-${at}.gpg`;
          await Deno.writeFile(file, dearmored(await Deno.readFile(ring)));
          return ["--keyring", file];
        }));
        await Deno.writeFile(`${dir}/data`, bytes);
        const good: string[] = [];
        for (const signature of signatures) {
          await Deno.writeFile(`${dir}/sig`, signature);
          const argv = ["gpgv", "--status-fd", "1", "--homedir", dir, ...rings.flat()];
          const options = { accept: [0, 1, 2] };
          const { status, stdout } = await runner.run(
            [...argv, `${dir}/sig`, `${dir}/data`],
            options,
          );
          const primary = parseValidSignature(new TextDecoder().decode(stdout));
          if (status === 0 && primary !== undefined) good.push(primary);
        }
        return good;
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  };
}

/**
 * Fingerprint of the primary key of a good signature, from what gpgv writes to its status file.
 *
 * @returns `undefined` where there is none, or where the signature or its key has expired or was
 * revoked.
 * @see GnuPG's doc/DETAILS, "VALIDSIG"
 */
export function parseValidSignature(status: string): string | undefined {
  if (!/^\[GNUPG:\] GOODSIG /m.test(status)) return undefined;
  return /^\[GNUPG:\] VALIDSIG (?:\S+ ){9}([0-9A-F]{40,64})$/m.exec(status)?.[1];
}

/** gpgv takes binary keyrings alone. */
function dearmored(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  const blocks = [...text.matchAll(
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END/g,
  )];
  if (blocks.length === 0) return bytes;
  return new Uint8Array(
    blocks.flatMap(([, body]) => [...Uint8Array.fromBase64(body!.replace(/\s/g, ""))]),
  );
}
