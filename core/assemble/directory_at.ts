import { type Tree, TreeError } from "@apt-ostree/ostree";

/**
 * The directory that stands at a path, or that links there lead to.
 *
 * @returns Its own path; `undefined` where there is none, links without end included.
 */
export function directoryAt(tree: Tree, path: string): string | undefined {
  try {
    const real = tree.real(path);
    return tree.isDir(real) ? real : undefined;
  } catch (error) {
    if (error instanceof TreeError && error.code === "tree/bad-path") return undefined;
    throw error;
  }
}
