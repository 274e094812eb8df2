/** What a filter says about a directory: all of it, none of it, or look inside. */
export type DirectoryVerdict = "keep" | "drop" | "descend";

/** Which shipped paths are laid out, as dpkg's `path-exclude` and `path-include` decide it. */
export interface PathFilter {
  /** Tells filters apart. */
  readonly name: string;
  /** Verdict on a directory; `path` has no leading slash. */
  directory(path: string): DirectoryVerdict;
  /** Whether a file is laid out. */
  keepsFile(path: string): boolean;
  /** Whether a symbolic link is laid out. */
  keepsLink(path: string): boolean;
}

/** A filter that lays out everything. */
export const KEEP_ALL: PathFilter = {
  name: "all",
  directory: () => "keep",
  keepsFile: () => true,
  keepsLink: () => true,
};

/** One `path-exclude` or `path-include`. */
export interface PathRule {
  readonly action: "exclude" | "include";
  /** Shell pattern for absolute paths; `*` goes over slashes. */
  readonly pattern: string;
}

/**
 * A filter of rules, of which the last that matches decides.
 *
 * A directory or a link that is excluded stays all the same where an included path may lie below it:
 * its name begins with what stands before the first wildcard of an `include`. So empty directories may
 * stay.
 *
 * @param name Tells the filter apart from others.
 * @see dpkg(1), `--path-exclude`; dpkg, src/main/filters.c
 */
export function pathFilter(name: string, rules: readonly PathRule[]): PathFilter {
  const compiled = rules.map(({ action, pattern }) => ({
    action,
    pattern: shellPattern(pattern),
    wild: /[*?[\\]/.test(pattern),
    prefix: pattern.replace(/[*?[\\][^]*$/, ""),
  }));
  const includes = compiled.filter(({ action }) => action === "include")
    .map(({ prefix }) => prefix.replace(/\/+$/, ""));
  const excludes = compiled.filter(({ action }) => action === "exclude");
  const keeps = (path: string) =>
    compiled.findLast(({ pattern }) => pattern.test(`/${path}`))?.action !== "exclude";
  const keepsLink = (path: string) =>
    keeps(path) || includes.some((prefix) => `/${path}`.startsWith(prefix));
  return {
    name,
    keepsFile: keeps,
    keepsLink,
    directory(path) {
      if (!keepsLink(path)) return "drop";
      const below = `/${path}/`;
      const touched = excludes.some(({ prefix, wild }) =>
        prefix.startsWith(below) || wild && below.startsWith(prefix)
      );
      return touched ? "descend" : "keep";
    },
  };
}

/** Directories of documentation, as Debian's own small images leave them out; licences stay. */
const DOCUMENTATION = ["doc", "man", "info", "groff", "lintian", "linda"];

/**
 * The rules behind `documentation: false`: no manuals, no documentation but each package's
 * `copyright`, which its licence asks to be kept.
 */
export const DOCUMENTATION_RULES: readonly PathRule[] = [
  ...DOCUMENTATION.map((dir) => ({ action: "exclude", pattern: `/usr/share/${dir}/*` }) as const),
  { action: "include", pattern: "/usr/share/doc/*/copyright" },
];

/** A filter of {@linkcode DOCUMENTATION_RULES} alone. */
export const WITHOUT_DOCUMENTATION: PathFilter = pathFilter(
  "without documentation",
  DOCUMENTATION_RULES,
);

/** The shell's patterns as fnmatch() without flags takes them. @see fnmatch(3), glob(7) */
function shellPattern(pattern: string): RegExp {
  const text = pattern.replace(
    /\\([^])|\[([!^]?)(\]?[^\]]*)\]|\*|[^]/g,
    (part, escaped?: string, not?: string, set?: string) => {
      if (part === "*") return "[^]*";
      if (part === "?") return "[^]";
      if (set !== undefined) return `[${not ? "^" : ""}${set.replace(/[\\\]^]/g, "\\$&")}]`;
      return (escaped ?? part).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    },
  );
  return new RegExp(`^${text}$`, "u");
}
