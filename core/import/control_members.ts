import { createHash } from "node:crypto";

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

/** A line of md5sums: digest and path without leading slash. */
export function md5Line(path: string, digest: string): string {
  return `${digest}  ${path}\n`;
}

/** MD5 as dpkg's database uses it: to see whether a file was edited, never for trust. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
