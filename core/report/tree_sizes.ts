import type { Repo, Tree } from "@apt-ostree/ostree";
import type { FileOwners } from "../packages/file_owners.ts";

/** How much there is of something. */
export interface Amount {
  readonly files: number;
  /** Bytes of regular files; each path counts, also where objects are shared. */
  readonly bytes: number;
}

/** A directory with all that is below it. */
export interface DirectorySize extends Amount {
  /** Last part of its path. */
  readonly name: string;
  readonly directories: readonly DirectorySize[];
}

/** A regular file and its owner. */
export interface FileSize {
  /** Without leading slash. */
  readonly path: string;
  readonly bytes: number;
  /** As {@linkcode TreeSizes.byOwner} has it. */
  readonly owner: string;
}

/** Sizes of a tree. */
export interface TreeSizes {
  /** The largest files, the very largest first. */
  readonly largest: readonly FileSize[];
  readonly root: DirectorySize;
  /** By the name of the owner in dpkg's database; "" stands for nobody. */
  readonly byOwner: ReadonlyMap<string, Amount>;
}

/** How many of the largest files are told. */
const LARGEST = 25;

/** Measure a tree. */
export function measureTree(repo: Repo, tree: Tree, owners: FileOwners): TreeSizes {
  const byOwner = new Map<string, { files: number; bytes: number }>();
  let largest: FileSize[] = [];
  const measure = (dir: string, name: string): DirectorySize => {
    let files = 0;
    let bytes = 0;
    const directories: DirectorySize[] = [];
    for (const [child, entry] of tree.list(dir)) {
      const path = dir === "" ? child : `${dir}/${child}`;
      if (entry.type === "dir") {
        const below = measure(path, child);
        directories.push(below);
        files += below.files;
        bytes += below.bytes;
        continue;
      }
      const { size } = repo.statFile(entry.checksum);
      files++;
      bytes += size;
      const owner = owners.get(path)?.[0] ?? "";
      if (largest.length < LARGEST || size > largest.at(-1)!.bytes) {
        largest = [...largest, { path, bytes: size, owner }]
          .sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
      }
      const sum = byOwner.get(owner) ?? { files: 0, bytes: 0 };
      byOwner.set(owner, { files: sum.files + 1, bytes: sum.bytes + size });
    }
    return { name, files, bytes, directories };
  };
  return { root: measure("", ""), largest, byOwner };
}
