import type { Xattr } from "@apt-ostree/base";
import { ObjectError, TreeError } from "../error.ts";
import type { DirMeta } from "../object/dir_meta.ts";
import type { TreeChecksums } from "../object/dir_tree.ts";
import { checkDepth, checkName, compareNames } from "../object/name.ts";
import type { Repo } from "../repo.ts";
import { type ObjectSource, statContent } from "../stored_content.ts";
import { readDirMeta, readDirTree } from "../stored_metadata.ts";
import type { Transaction } from "../transaction.ts";

/** What stands under a name: a file or symbolic link by checksum, or a directory. */
export type TreeEntry =
  | { readonly type: "file"; readonly checksum: string }
  | { readonly type: "dir"; readonly checksums: TreeChecksums | undefined };

/** A directory as it is held: opened only when somebody looks inside. */
interface Node {
  /** Checksum of the dirtree while nothing below has changed. */
  treeSum: string | undefined;
  /** Checksum of the dirmeta, or the new meta that is not written yet. */
  meta: string | DirMeta;
  /** Content; `undefined` while the directory is closed. */
  files: Map<string, string> | undefined;
  dirs: Map<string, Node> | undefined;
}

/** Symbolic links are followed this often before a path is called endless. */
const MAX_LINKS = 40;

/**
 * A directory tree in memory, over the objects of a repository.
 *
 * Directories are loaded when they are entered and written only where they changed: the cost of a
 * change follows its size, not that of the tree. Paths have no leading slash; "" is the root.
 * Symbolic links are files here: only {@linkcode Tree.real} follows them.
 *
 * @example Usage
 * ```ts
 * import { Repo, Tree } from "@apt-ostree/ostree";
 *
 * const repo = Repo.init(await Deno.makeTempDir(), { mode: "archive" });
 * using txn = repo.transaction();
 * const tree = Tree.empty(repo);
 * const hello = new TextEncoder().encode("hello\n");
 * tree.mkdir("usr/share", { uid: 0, gid: 0, mode: 0o755 });
 * tree.putFile("usr/share/hello", txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, hello));
 * const commit = txn.writeCommit({ root: tree.write(txn), timestamp: 0 });
 * txn.setRef("example", commit);
 * txn.commit();
 * ```
 */
export class Tree {
  readonly #source: ObjectSource;
  readonly #root: Node;
  /** Targets of symbolic links by checksum; `null` for regular files. Objects never change. */
  readonly #links: Map<string, string | null>;

  private constructor(source: ObjectSource, root: Node, links: Map<string, string | null>) {
    this.#source = source;
    this.#root = root;
    this.#links = links;
  }

  /** A tree that holds nothing. @param meta Of its root. @default root's own, mode 0755 */
  static empty(source: ObjectSource, meta: DirMeta = { uid: 0, gid: 0, mode: 0o755 }): Tree {
    return new Tree(source, emptyNode(meta), new Map());
  }

  /** The tree of a commit. @param rev As {@linkcode Repo.resolveRev} takes it. */
  static fromCommit(repo: Repo, rev: string): Tree {
    return Tree.fromChecksums(repo, repo.readCommit(repo.requireRev(rev)).root);
  }

  /** A directory as the root of a tree. @param source A repository, or a transaction on one. */
  static fromChecksums(source: ObjectSource, root: TreeChecksums): Tree {
    return new Tree(source, closedNode(root), new Map());
  }

  /** An independent copy; costs only what is open. */
  clone(): Tree {
    return new Tree(this.#source, cloneNode(this.#root), this.#links);
  }

  /** What stands at a path; `undefined` where nothing does. */
  lookup(path: string): TreeEntry | undefined {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) return entryOf(this.#root);
    const parent = this.#find(parts);
    if (!parent) return undefined;
    const content = this.#open(parent);
    const checksum = content.files.get(name);
    if (checksum !== undefined) return { type: "file", checksum };
    const node = content.dirs.get(name);
    return node && entryOf(node);
  }

  /** Like {@linkcode Tree.lookup}. @throws {TreeError} `tree/not-found` where nothing stands. */
  require(path: string): TreeEntry {
    const entry = this.lookup(path);
    if (entry) return entry;
    throw new TreeError("tree/not-found", `Cannot find "/${path}" in the tree`, { subject: path });
  }

  /** Whether the path is a directory. */
  isDir(path: string): boolean {
    return this.#find(split(path)) !== undefined;
  }

  /** Target of the symbolic link at a path; `undefined` where there is none. */
  linkTarget(path: string): string | undefined {
    const entry = this.lookup(path);
    return entry?.type === "file" ? this.#target(entry.checksum) : undefined;
  }

  /** Names in a directory with what they name, in byte order. @throws {TreeError} If it is none. */
  list(path: string): [name: string, entry: TreeEntry][] {
    const node = this.#find(split(path));
    if (!node) throw notDirectory(path);
    const { files, dirs } = this.#open(node);
    const entries: [string, TreeEntry][] = [...files].map((
      [name, checksum],
    ) => [name, { type: "file", checksum }]);
    for (const [name, dir] of dirs) entries.push([name, entryOf(dir)]);
    return entries.sort(([a], [b]) => compareNames(a, b));
  }

  /** Whether a directory holds nothing. @throws {TreeError} If it is none. */
  isEmpty(path: string): boolean {
    const node = this.#find(split(path));
    if (!node) throw notDirectory(path);
    const { files, dirs } = this.#open(node);
    return files.size === 0 && dirs.size === 0;
  }

  /** Everything below a directory, itself not, parents before children. */
  *walk(path = "", depth = 0): Generator<[path: string, entry: TreeEntry]> {
    checkDepth(depth);
    for (const [name, entry] of this.list(path)) {
      const full = path === "" ? name : `${path}/${name}`;
      yield [full, entry];
      if (entry.type === "dir") yield* this.walk(full, depth + 1);
    }
  }

  /** Owner, mode and attributes of a directory. @throws {TreeError} If it is none. */
  meta(path: string): DirMeta {
    const node = this.#find(split(path));
    if (!node) throw notDirectory(path);
    return typeof node.meta === "string" ? readDirMeta(this.#source, node.meta) : node.meta;
  }

  /**
   * The path with every symbolic link on the way followed, inside the tree.
   *
   * A part that does not exist stays as it is written, so that the answer tells where a new file
   * would come to lie.
   *
   * @param options.last Whether a link at the end is followed too. @default {true}
   * @throws {TreeError} `tree/bad-path` if the links have no end.
   */
  real(path: string, options: { readonly last?: boolean } = {}): string {
    const { last = true } = options;
    const todo = split(path);
    const done: string[] = [];
    let followed = 0;
    while (todo.length > 0) {
      const part = todo.shift()!;
      if (part === "..") {
        done.pop();
        continue;
      }
      const here = [...done, part].join("/");
      const target = todo.length > 0 || last ? this.linkTarget(here) : undefined;
      if (target === undefined) {
        done.push(part);
        continue;
      }
      if (++followed > MAX_LINKS) {
        throw new TreeError("tree/bad-path", `Cannot follow "${path}": its links have no end`, {
          subject: path,
        });
      }
      if (target.startsWith("/")) done.length = 0;
      todo.unshift(...split(target));
    }
    return done.join("/");
  }

  /**
   * Put a file or link at a path; what stood there as a file is replaced.
   *
   * @throws {TreeError} `tree/not-found` if the parent is missing, `tree/exists` if a directory
   * stands there.
   */
  putFile(path: string, checksum: string): void {
    const [content, name] = this.#parent(path);
    checkName(name);
    if (content.dirs.has(name)) {
      throw new TreeError(
        "tree/exists",
        `Cannot put a file at "${path}": a directory stands there`,
        {
          subject: path,
        },
      );
    }
    content.files.set(name, checksum);
  }

  /** Write a symbolic link and put it at a path. @param owner @default root */
  putLink(
    txn: Transaction,
    path: string,
    target: string,
    owner: { readonly uid: number; readonly gid: number; readonly xattrs?: readonly Xattr[] } = {
      uid: 0,
      gid: 0,
    },
  ): void {
    const checksum = txn.writeSymlink(owner, target);
    this.#links.set(checksum, target);
    this.putFile(path, checksum);
  }

  /**
   * Make a directory; missing parents are made like it, and one that is there stays as it is.
   *
   * @throws {TreeError} `tree/not-a-directory` if a file is in the way.
   */
  mkdir(path: string, meta: DirMeta = { uid: 0, gid: 0, mode: 0o755 }): void {
    let node = this.#root;
    const chain = [node];
    let made = false;
    for (const part of split(path)) {
      const { files, dirs } = this.#open(node);
      if (files.has(part)) throw notDirectory(path);
      let next = dirs.get(part);
      if (!next) {
        checkName(part);
        next = emptyNode(meta);
        dirs.set(part, next);
        made = true;
      }
      node = next;
      chain.push(node);
    }
    if (made) { for (const each of chain) each.treeSum = undefined; }
  }

  /** Give a directory another owner, mode or attributes. @throws {TreeError} If it is none. */
  setMeta(path: string, meta: DirMeta): void {
    const chain = this.#chain(split(path));
    if (!chain) throw notDirectory(path);
    chain.at(-1)!.meta = meta;
    for (const node of chain.slice(0, -1)) node.treeSum = undefined;
  }

  /** Put a whole directory of the repository at a path, unopened; what stood there is gone. */
  graft(path: string, checksums: TreeChecksums): void {
    const [content, name] = this.#parent(path);
    checkName(name);
    content.files.delete(name);
    content.dirs.set(name, closedNode(checksums));
  }

  /** Remove what stands at a path, with all below it. @returns Whether anything stood there. */
  remove(path: string): boolean {
    if (this.lookup(path) === undefined) return false;
    const [content, name] = this.#parent(path);
    return content.files.delete(name) || content.dirs.delete(name);
  }

  /**
   * Move a file or directory, unopened.
   *
   * @throws {TreeError} `tree/not-found` if it is not there, `tree/exists` if something stands where
   * it should go.
   */
  rename(from: string, to: string): void {
    if (this.lookup(to)) {
      throw new TreeError(
        "tree/exists",
        `Cannot move "${from}" to "${to}": something stands there`,
        {
          subject: to,
        },
      );
    }
    const [source, name] = this.#parent(from);
    const file = source.files.get(name);
    const dir = source.dirs.get(name);
    if (file === undefined && !dir) {
      throw new TreeError("tree/not-found", `Cannot move "${from}": it does not exist`, {
        subject: from,
      });
    }
    const [target, newName] = this.#parent(to);
    checkName(newName);
    if (file !== undefined) {
      source.files.delete(name);
      target.files.set(newName, file);
    } else if (dir) {
      source.dirs.delete(name);
      target.dirs.set(newName, dir);
    }
  }

  /** Write what changed. @returns The checksums of the root. */
  write(txn: Transaction): TreeChecksums {
    return writeNode(this.#root, txn);
  }

  #find(parts: readonly string[]): Node | undefined {
    return this.#chain(parts)?.at(-1);
  }

  #chain(parts: readonly string[]): Node[] | undefined {
    let node = this.#root;
    const chain = [node];
    for (const part of parts) {
      const next = this.#open(node).dirs.get(part);
      if (!next) return undefined;
      node = next;
      chain.push(node);
    }
    return chain;
  }

  /** Content of the directory that holds `path`, marked as changed, and the last name. */
  #parent(
    path: string,
  ): [content: { files: Map<string, string>; dirs: Map<string, Node> }, name: string] {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) {
      throw new TreeError("tree/bad-path", "Cannot replace the root of a tree");
    }
    const chain = this.#chain(parts);
    if (!chain) {
      throw new TreeError(
        "tree/not-found",
        `Cannot change "${path}": its directory does not exist`,
        {
          subject: path,
        },
      );
    }
    for (const node of chain) {
      this.#open(node);
      node.treeSum = undefined;
    }
    return [this.#open(chain.at(-1)!), name];
  }

  #open(node: Node): { files: Map<string, string>; dirs: Map<string, Node> } {
    if (!node.files || !node.dirs) {
      const tree = readDirTree(this.#source, node.treeSum!);
      node.files = new Map(tree.files);
      node.dirs = new Map([...tree.dirs].map(([name, sums]) => [name, closedNode(sums)]));
    }
    return { files: node.files, dirs: node.dirs };
  }

  #target(checksum: string): string | undefined {
    let target = this.#links.get(checksum);
    if (target === undefined) {
      target = linkTarget(this.#source, checksum);
      this.#links.set(checksum, target);
    }
    return target ?? undefined;
  }
}

/** Target of a symbolic link; `null` for a regular file. */
function linkTarget(source: ObjectSource, checksum: string): string | null {
  try {
    const meta = statContent(source, checksum);
    return meta.type === "symlink" ? meta.target : null;
  } catch (error) {
    // What only waits in a transaction is a regular file: putLink() notes its links.
    if (error instanceof ObjectError && error.code === "object/not-found") return null;
    throw error;
  }
}

function writeNode(node: Node, txn: Transaction): TreeChecksums {
  if (typeof node.meta !== "string") {
    const meta = node.meta;
    node.meta = txn.writeDirMeta(meta);
  }
  if (node.treeSum === undefined) {
    const dirs = [...node.dirs ?? []].map(([name, dir]) => [name, writeNode(dir, txn)] as const);
    node.treeSum = txn.writeDirTree({ files: node.files ?? new Map(), dirs: new Map(dirs) });
  }
  return { dirtree: node.treeSum, dirmeta: node.meta };
}

function emptyNode(meta: DirMeta): Node {
  return { treeSum: undefined, meta, files: new Map(), dirs: new Map() };
}

function closedNode({ dirtree, dirmeta }: TreeChecksums): Node {
  return { treeSum: dirtree, meta: dirmeta, files: undefined, dirs: undefined };
}

function cloneNode(node: Node): Node {
  return {
    ...node,
    files: node.files && new Map(node.files),
    dirs: node.dirs && new Map([...node.dirs].map(([name, dir]) => [name, cloneNode(dir)])),
  };
}

function entryOf(node: Node): TreeEntry {
  const known = node.treeSum !== undefined && typeof node.meta === "string";
  return {
    type: "dir",
    checksums: known ? { dirtree: node.treeSum!, dirmeta: node.meta as string } : undefined,
  };
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function notDirectory(path: string): TreeError {
  return new TreeError(
    "tree/not-a-directory",
    `Cannot open "${path}": it is no directory of the tree`,
    {
      subject: path,
    },
  );
}
