import member from "../deno.json" with { type: "json" };

/** The program that writes bills of materials, and its version. */
export const TOOL: { readonly name: string; readonly version: string } = {
  name: "apt-ostree",
  version: member.version,
};

/**
 * A UUID made from a commit's checksum: the same commit, the same UUID.
 *
 * @see RFC 9562, version 8: the bits are the application's own
 */
export function commitUuid(commit: string): string {
  const variant = (parseInt(commit[16]!, 16) & 0x3 | 0x8).toString(16);
  return [
    commit.slice(0, 8),
    commit.slice(8, 12),
    `8${commit.slice(13, 16)}`,
    `${variant}${commit.slice(17, 20)}`,
    commit.slice(20, 32),
  ].join("-");
}

/** A date as both formats have it, for example `2026-01-31T12:00:00Z`. */
export function formatDate(timestamp: number): string {
  return new Date(timestamp * 1000).toISOString().replace(".000Z", "Z");
}

/** A maintainer in parts: `Name <address>`. */
export function parseMaintainer(text: string): { name: string; email: string } {
  const [, name = text, email = ""] = /^\s*"?(.*?)"?\s*<([^<>]*)>\s*$/.exec(text) ?? [];
  return { name: name.trim(), email };
}
