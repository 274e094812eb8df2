/**
 * The regular expression of a pattern of paths: `*` and `?` match within a name, `**` any number of
 * names, `{a,b}` either; a pattern matches the whole path.
 *
 * @param pattern With a leading slash; `/etc/…` means what the commit keeps as `/usr/etc/…`.
 */
export function pathPattern(pattern: string): RegExp {
  const place = pattern === "/etc" || pattern.startsWith("/etc/") ? `/usr${pattern}` : pattern;
  const source = place.replace(
    /\/\*\*(?=\/)|\*\*|\{([^{}]*)\}|[*?]|[.+^$()|[\]{}\\]/g,
    (found, choices?: string) => {
      if (choices !== undefined) return `(?:${choices.split(",").map(inside).join("|")})`;
      if (found === "/**") return "(?:/[^/]+)*";
      return found === "**" ? ".*" : inside(found);
    },
  );
  return new RegExp(`^${source}$`, "s");
}

/** Whether a path without leading slash matches one of the patterns. */
export function matchesAny(path: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => pattern.test(`/${path}`));
}

/** One name, or a part of it. */
function inside(text: string): string {
  return text.replace(
    /[*?]|[.+^${}()|[\]\\]/g,
    (found) => found === "*" ? "[^/]*" : found === "?" ? "[^/]" : `\\${found}`,
  );
}
