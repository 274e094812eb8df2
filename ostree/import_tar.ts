import { insidePath, type TarEntry, type TarLimits, TarReader } from "@apt-ostree/base";
import { TreeError } from "./error.ts";
import type { FileWriter } from "./file_writer.ts";
import type { Transaction } from "./transaction.ts";
import type { Tree } from "./tree/tree.ts";

/** How {@linkcode importTar} goes about it. */
export interface ImportTarOptions {
  /** Directory of the tree that the archive is laid out in; made where it is missing. @default {""} */
  readonly into?: string;
  /**
   * What to do with devices, FIFOs and sockets, which no tree can hold. @default "refuse"
   */
  readonly special?: "refuse" | "skip";
  /** Bounds on what is taken. */
  readonly limits?: TarLimits;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Lay a tar archive out in a tree, as `tar -x` would in a directory: later members replace earlier
 * ones, directories unite, parents that the archive lacks are made as root's, mode 0755.
 *
 * No name leaves the tree; a member below a symbolic link is refused, not followed.
 *
 * @param archive An archive that is not compressed.
 * @throws {TreeError} `tree/bad-path` for names that lead outside, `tree/not-a-directory` for members
 * below a file or link, `tree/not-found` for hard links to nothing, `tree/unsupported` for devices.
 * @throws {TarError} If it is damaged or beyond the limits.
 */
export async function importTar(
  txn: Transaction,
  tree: Tree,
  archive: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  options: ImportTarOptions = {},
): Promise<void> {
  const target = new TreeHandler(txn, tree, options);
  const reader = new TarReader(target, options.limits);
  try {
    for await (const piece of archive) {
      options.signal?.throwIfAborted();
      reader.feed(piece);
    }
    reader.close();
  } catch (error) {
    target.abort();
    throw error;
  }
}

class TreeHandler {
  readonly #txn: Transaction;
  readonly #tree: Tree;
  readonly #into: string;
  readonly #skip: boolean;
  #writer: { readonly file: FileWriter; readonly path: string } | undefined;

  constructor(txn: Transaction, tree: Tree, options: ImportTarOptions) {
    this.#txn = txn;
    this.#tree = tree;
    this.#into = options.into ?? "";
    this.#skip = options.special === "skip";
    tree.mkdir(this.#into);
  }

  entry(entry: TarEntry): void {
    const path = this.#inside(entry.path);
    const { uid, gid, mode } = entry;
    const xattrs = entry.xattrs.length > 0 ? { xattrs: entry.xattrs } : {};
    switch (entry.type) {
      case "dir":
        if (this.#tree.lookup(path)?.type === "file") this.#tree.remove(path);
        this.#tree.mkdir(path);
        return this.#tree.setMeta(path, { uid, gid, mode, ...xattrs });
      case "file": {
        const file = this.#txn.fileWriter({ uid, gid, mode, ...xattrs }, entry.size);
        this.#writer = { file, path };
        return;
      }
      case "symlink":
        this.#makeRoom(path);
        return this.#tree.putLink(this.#txn, path, entry.target, { uid, gid, ...xattrs });
      case "hardlink":
        return this.#putHardLink(path, entry.target);
      default:
        if (this.#skip) return;
        throw new TreeError(
          "tree/unsupported",
          `Cannot import "${entry.path}": a tree cannot hold a ${entry.type}`,
          { subject: entry.path, hint: "Remove it from the archive, or skip special files" },
        );
    }
  }

  data(piece: Uint8Array): void {
    this.#writer?.file.write(piece);
  }

  end(): void {
    if (!this.#writer) return;
    const { file, path } = this.#writer;
    this.#writer = undefined;
    const checksum = file.close();
    this.#makeRoom(path);
    this.#tree.putFile(path, checksum);
  }

  abort(): void {
    this.#writer?.file.abort();
    this.#writer = undefined;
  }

  #putHardLink(path: string, target: string): void {
    const source = this.#inside(target);
    const entry = this.#tree.lookup(source);
    if (entry?.type !== "file") {
      const message =
        `Cannot import "${path}": it links to "${target}", which is no file before it`;
      throw new TreeError("tree/not-found", message, { subject: path });
    }
    if (source === path) return;
    this.#makeRoom(path);
    this.#tree.putFile(path, entry.checksum);
  }

  /** Let a file be put at a path: its parents are there, no directory stands there. */
  #makeRoom(path: string): void {
    this.#tree.mkdir(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    if (this.#tree.lookup(path)?.type === "dir") this.#tree.remove(path);
  }

  #inside(name: string): string {
    const path = insidePath(name);
    if (path === undefined) {
      throw new TreeError("tree/bad-path", `Cannot import "${name}": it leads outside`, {
        subject: name,
      });
    }
    return this.#into === "" ? path : path === "" ? this.#into : `${this.#into}/${path}`;
  }
}
