import type { ContentInfo, DirMeta, Repo, Tree, TreeChecksums } from "@apt-ostree/ostree";

/** A path that some check has to judge by its mode, its capabilities or where it leads. */
export interface SpecialEntry {
  /** Without leading slash. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits, setuid, setgid and sticky among them; 0 for links. */
  readonly mode: number;
  /** Whether it carries file capabilities. */
  readonly capabilities: boolean;
  /** Where a link leads. */
  readonly target?: string;
}

/**
 * Directories, by the checksum of their dirtree, in and below which nothing is special.
 *
 * A checksum stands for names, modes and attributes of all below it: what was found plain once is
 * plain for ever.
 */
export interface PlainDirectories {
  has(dirtree: string): boolean;
  add(dirtree: string): void;
}

/** Setuid, setgid or writable for everybody. */
const SPECIAL_FILE = 0o6002;

/**
 * Everything of a tree that is setuid, setgid, writable for everybody, has capabilities, or is a link of
 * `update-alternatives`.
 *
 * @param plain Directories that are not looked into; those found to be such are added.
 */
export function specialEntries(repo: Repo, tree: Tree, plain: PlainDirectories): SpecialEntry[] {
  const found: SpecialEntry[] = [];
  const root = tree.lookup("");
  if (root?.type === "dir") search(repo, tree, "", root.checksums, plain, found);
  return found;
}

function search(
  repo: Repo,
  tree: Tree,
  dir: string,
  checksums: TreeChecksums | undefined,
  plain: PlainDirectories,
  found: SpecialEntry[],
): void {
  if (checksums && plain.has(checksums.dirtree)) return;
  const before = found.length;
  for (const [name, entry] of tree.list(dir)) {
    const path = dir === "" ? name : `${dir}/${name}`;
    const special = entry.type === "dir"
      ? specialDirectory(path, tree.meta(path))
      : specialFile(path, repo.statFile(entry.checksum));
    if (special) found.push(special);
    if (entry.type === "dir") search(repo, tree, path, entry.checksums, plain, found);
  }
  if (checksums && found.length === before) plain.add(checksums.dirtree);
}

function specialDirectory(path: string, { mode }: DirMeta): SpecialEntry | undefined {
  return mode & 0o002 ? { path, type: "directory", mode, capabilities: false } : undefined;
}

function specialFile(path: string, info: ContentInfo): SpecialEntry | undefined {
  if (info.type === "symlink") {
    const { target } = info;
    return target.startsWith("/etc/alternatives/")
      ? { path, type: "symlink", mode: 0, capabilities: false, target }
      : undefined;
  }
  const capabilities = info.xattrs?.some(([name]) => name === "security.capability") ?? false;
  return info.mode & SPECIAL_FILE || capabilities
    ? { path, type: "file", mode: info.mode, capabilities }
    : undefined;
}
