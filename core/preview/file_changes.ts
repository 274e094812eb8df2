import { diffTrees, type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";

/** State of one path of a tree. */
export interface PreviewState {
  /** What stands there. */
  readonly type: "file" | "symlink" | "dir";
  /** Permission bits; of links they mean nothing. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Where a link leads. */
  readonly target?: string;
  /** Checksum of the object that a file or link is. */
  readonly object?: string;
}

/** What happens to one path. */
export interface PreviewFile {
  /** Absolute path, as a commit has it: configuration lies in `/usr/etc`. */
  readonly path: string;
  /** Absent for a path that is new. */
  readonly before?: PreviewState;
  /** Absent for a path that goes. */
  readonly after?: PreviewState;
}

/** All paths that differ between two trees, in path order. */
export function fileChanges(repo: Repo, from: TreeChecksums, to: TreeChecksums): PreviewFile[] {
  const [before, after] = [Tree.fromChecksums(repo, from), Tree.fromChecksums(repo, to)];
  // What was a file and is a directory now comes twice.
  const paths = new Set([...diffTrees(repo, from, to)].map(({ path }) => path));
  return [...paths].map((path) => {
    const [old, now] = [readState(repo, before, path), readState(repo, after, path)];
    return {
      path: `/${path}`,
      ...(old ? { before: old } : {}),
      ...(now ? { after: now } : {}),
    };
  });
}

/** State of a path; `undefined` where nothing stands. */
export function readState(repo: Repo, tree: Tree, path: string): PreviewState | undefined {
  const entry = tree.lookup(path);
  if (!entry) return undefined;
  if (entry.type === "dir") {
    const { mode, uid, gid } = tree.meta(path);
    return { type: "dir", mode, uid, gid };
  }
  const content = repo.statFile(entry.checksum);
  const { uid, gid } = content;
  const object = entry.checksum;
  if (content.type === "symlink") {
    return { type: "symlink", mode: 0o777, uid, gid, target: content.target, object };
  }
  return { type: "file", mode: content.mode, uid, gid, size: content.size, object };
}
