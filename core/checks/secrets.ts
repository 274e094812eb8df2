import { byteText } from "./byte_text.ts";
import type { Check } from "./check.ts";

/** A kind of secret: where it can lie, what it looks like, and what it is. */
interface SecretForm {
  /** Only files there are looked at. @default all */
  readonly path?: RegExp;
  /** Bytes that have to be there, so that most files are passed by fast. */
  readonly mark?: string;
  /** What the file's text has to match. @default anything */
  readonly text?: RegExp;
  readonly detail: string;
}

const FORMS: readonly SecretForm[] = [
  {
    mark: "PRIVATE KEY-----",
    // The line after the header tells a key from a program that knows the header.
    text:
      /^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----[ \t]*\r?\n(?:[A-Za-z0-9+/=]{16,}|[A-Za-z-]+: )/m,
    detail: "holds a private key",
  },
  {
    mark: "PRIVATE KEY BLOCK-----",
    text: /^-----BEGIN PGP PRIVATE KEY BLOCK-----[ \t]*\r?\n(?:\r?\n|[A-Za-z-]+: |[A-Za-z0-9+/])/m,
    detail: "holds a private OpenPGP key",
  },
  {
    mark: "PuTTY-User-Key-File-",
    text: /^PuTTY-User-Key-File-\d: /,
    detail: "holds a private key of PuTTY",
  },
  { path: /\/private-keys-v1\.d\/[^/]+\.key$/, detail: "is a private key of GnuPG" },
  { path: /(\.keytab|\/krb5\.keytab)$/, detail: "is a table of Kerberos keys" },
  { path: /^usr\/etc\/.*\.(p12|pfx)$/, detail: "is a store of private keys" },
  {
    path: /^usr\/etc\/(wireguard\/|systemd\/network\/)/,
    text: /^\s*(PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{40,}=/m,
    detail: "holds a key of WireGuard",
  },
  {
    path: /^usr\/(etc|lib)\/NetworkManager\/system-connections\//,
    text: /^\s*(psk|password|wep-key\d|private-key-password)\s*=\s*\S/m,
    detail: "holds the password of a network",
  },
  {
    path: /^usr\/etc\/wpa_supplicant\//,
    text: /^\s*(psk|password)\s*=\s*\S/m,
    detail: "holds the password of a network",
  },
  {
    path: /^usr\/etc\/apt\/auth\.conf(\.d\/.*)?$/,
    text: /\bpassword\s+\S/,
    detail: "holds the password of a package source",
  },
  {
    path: /^usr\/etc\/apt\/sources\.list(\.d\/.*)?$/,
    text: /^[^#\n]*:\/\/[^/\s:@]+:[^/\s@]+@/m,
    detail: "holds the password of a package source",
  },
  {
    path: /(^|\/)\.(netrc|pgpass|my\.cnf|git-credentials)$/,
    text: /\S/,
    detail: "holds passwords",
  },
  {
    path: /(^|\/)(\.docker\/config\.json|containers\/auth\.json|ostree\/auth\.json)$/,
    text: /"(auth|identitytoken)"\s*:\s*"[^"]/,
    detail: "holds the password of a container registry",
  },
  {
    path: /^usr\/lib\/sysimage\/debconf\/passwords\.dat$/,
    text: /^Value: \S/m,
    detail: "holds passwords that debconf was told",
  },
];

/** Keys and passwords. */
export const secrets: Check = {
  name: "secrets",
  severity: "error",
  text: "Private keys and passwords that no package ships: made or left while composing, they " +
    "would be the same on all hosts, and known to whoever can read the commit.",
  *find(context) {
    for (const [path, bytes] of context.searchedFiles()) {
      const detail = findSecret(path, bytes);
      if (detail !== undefined && !context.isShipped(path, bytes)) yield { path, detail };
    }
  },
};

/** What kind of secret a file holds, in words; `undefined` where none is seen. */
export function findSecret(path: string, bytes: Uint8Array): string | undefined {
  const text = byteText(bytes);
  return FORMS.find((form) =>
    (form.path?.test(path) ?? true) &&
    (form.mark === undefined || text.includes(form.mark)) &&
    (form.text?.test(text) ?? true)
  )?.detail;
}
