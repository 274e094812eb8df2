import { createHash } from "node:crypto";
import type { Repo, Tree, TreeChecksums } from "@apt-ostree/ostree";
import { readTreeText } from "../assemble/tree_text.ts";
import { KEEP_ALL, type PathFilter } from "../assemble/path_filter.ts";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { type FileOwners, readFileOwners, readShippedMd5 } from "../packages/file_owners.ts";
import { changedFiles } from "./changed_files.ts";
import { type PlainDirectories, specialEntries, type SpecialEntry } from "./special_entries.ts";

/** What {@linkcode CheckContext} is made of. */
export interface CheckInput {
  /** Repository that has the tree's objects. */
  readonly repo: Repo;
  /** The finished tree, in the form that is committed. */
  readonly tree: Tree;
  /**
   * Trees of the packages it was made of, where they are at hand: what they shipped as it is, is not
   * read again.
   */
  readonly packages?: readonly TreeChecksums[];
  /** What was left out on purpose. @default nothing */
  readonly filter?: PathFilter;
  /** Directories of the machine that composed it, where known. */
  readonly buildPaths?: readonly string[];
  /** Directories known to be plain. @default none */
  readonly plain?: PlainDirectories;
  /** Modules that the kernel has to have. @default none */
  readonly kernelModules?: readonly string[];
}

/** Larger files are not searched for texts. */
export const MAX_SEARCHED = 4 * 1024 * 1024;

/** Control members of packages, which dpkg alone writes there. */
const CONTROL = `${DPKG_DATABASE}/info/`;

/** A tree under check, and what several checks want to know about it; each is read once. */
export class CheckContext {
  readonly repo: Repo;
  readonly tree: Tree;
  readonly filter: PathFilter;
  readonly buildPaths: readonly string[] | undefined;
  readonly kernelModules: readonly string[];
  readonly #input: CheckInput;
  #owners: FileOwners | undefined;
  #md5: ReturnType<typeof readShippedMd5> | undefined;
  #special: SpecialEntry[] | undefined;
  #searchable: [path: string, checksum: string][] | undefined;

  constructor(input: CheckInput) {
    this.#input = input;
    this.repo = input.repo;
    this.tree = input.tree;
    this.filter = input.filter ?? KEEP_ALL;
    this.buildPaths = input.buildPaths;
    this.kernelModules = input.kernelModules ?? [];
  }

  /** Packages by the paths they own. */
  get owners(): FileOwners {
    return this.#owners ??= readFileOwners(this.repo, this.tree);
  }

  /** Paths with modes, capabilities or targets to judge. */
  get special(): readonly SpecialEntry[] {
    return this.#special ??= specialEntries(
      this.repo,
      this.tree,
      this.#input.plain ?? new Set<string>(),
    );
  }

  /** Text of a regular file; `undefined` where there is none. */
  text(path: string): string | undefined {
    return readTreeText(this.repo, this.tree, path);
  }

  /** Names in a directory; none where there is no directory. */
  names(path: string): string[] {
    return this.tree.isDir(path) ? this.tree.list(path).map(([name]) => name) : [];
  }

  /**
   * Bytes of the files that packages did not ship as they are; without the packages' trees, of all
   * files. Large ones are left out.
   */
  *searchedFiles(): Generator<[path: string, bytes: Uint8Array<ArrayBuffer>]> {
    for (const [path, checksum] of this.#searchable ??= this.#findSearchable()) {
      yield [path, this.repo.readFile(checksum)];
    }
  }

  /** Whether these are the bytes that a package shipped at this path. */
  isShipped(path: string, bytes: Uint8Array): boolean {
    this.#md5 ??= readShippedMd5(this.repo, this.tree);
    const known = this.#md5.get(path);
    return known?.has(createHash("md5").update(bytes).digest("hex")) ?? false;
  }

  #findSearchable(): [path: string, checksum: string][] {
    const { packages } = this.#input;
    const files = packages ? changedFiles(this.repo, this.tree, packages) : allFiles(this.tree);
    return [...files].filter(([path, checksum]) => {
      if (path.startsWith(CONTROL)) return false;
      const info = this.repo.statFile(checksum);
      return info.type === "file" && info.size > 0 && info.size <= MAX_SEARCHED;
    });
  }
}

function* allFiles(tree: Tree): Generator<[path: string, checksum: string]> {
  for (const [path, entry] of tree.walk()) {
    if (entry.type === "file") yield [path, entry.checksum];
  }
}
