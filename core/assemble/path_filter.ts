/** What a filter says about a directory: all of it, none of it, or look inside. */
export type DirectoryVerdict = "keep" | "drop" | "descend";

/** Which shipped paths are laid out, as dpkg's `path-exclude` decides it. */
export interface PathFilter {
  /** Tells filters apart. */
  readonly name: string;
  /** Verdict on a directory; `path` has no leading slash. */
  directory(path: string): DirectoryVerdict;
  /** Whether a file or link is laid out. */
  keepsFile(path: string): boolean;
}

/** A filter that lays out everything. */
export const KEEP_ALL: PathFilter = {
  name: "all",
  directory: () => "keep",
  keepsFile: () => true,
};

/** Documentation, as Debian's own small images leave it out; licences stay. */
const DOCUMENTATION = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/info",
  "usr/share/groff",
  "usr/share/lintian",
  "usr/share/linda",
];

/**
 * The filter behind `documentation: false`: no manuals, no documentation but each package's
 * `copyright`, which its licence asks to be kept.
 */
export const WITHOUT_DOCUMENTATION: PathFilter = {
  name: "without documentation",
  directory(path) {
    const root = DOCUMENTATION.find((dir) => path === dir || path.startsWith(`${dir}/`));
    if (root === undefined) {
      return DOCUMENTATION.some((dir) => dir.startsWith(`${path}/`)) ? "descend" : "keep";
    }
    return root === "usr/share/doc" || path === root ? "descend" : "drop";
  },
  keepsFile(path) {
    return !DOCUMENTATION.some((dir) => path.startsWith(`${dir}/`)) ||
      /^usr\/share\/doc\/[^/]+\/copyright$/.test(path);
  },
};
