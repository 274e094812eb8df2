import { createHash } from "node:crypto";
import { ByteBuffer } from "@apt-ostree/base";

/** A conffile as a package declares it. */
export interface DeclaredConffile {
  /** Absolute path. */
  readonly path: string;
  /** Whether an upgrade to this version removes it; such a file is not shipped. */
  readonly removeOnUpgrade: boolean;
}

/**
 * Read a package's `conffiles` member.
 *
 * @see deb-conffiles(5)
 */
export function parseConffiles(text: string): DeclaredConffile[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").map((line) => {
    const found = /^remove-on-upgrade\s+(.*)$/.exec(line);
    return { path: found?.[1] ?? line, removeOnUpgrade: found !== null };
  });
}

/** Text of a `md5sums` member: digest, two spaces and path without leading slash, as dpkg writes it. */
export function formatMd5sums(
  digests: Iterable<readonly [path: string, md5: string]>,
): Uint8Array<ArrayBuffer> {
  const text = new ByteBuffer();
  for (const [path, md5] of digests) text.add(`${md5}  ${path}\n`);
  return text.bytes;
}

/** MD5 as dpkg's database uses it: to see whether a file was edited, never for trust. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
