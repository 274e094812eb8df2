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
  /**
   * Whether the archive is a layer of an image: a member `.wh.NAME` removes what the tree had at NAME
   * before, `.wh..wh..opq` all that its directory had. @default {false}
   */
  readonly whiteouts?: boolean;
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
  using target = new TarImport(txn, tree, options);
  for await (const piece of archive) {
    options.signal?.throwIfAborted();
    target.feed(piece);
  }
  target.close();
}

/** The work of {@linkcode importTar} for who is given the archive piece by piece. */
export class TarImport implements Disposable {
  readonly #handler: TreeHandler;
  readonly #reader: TarReader;

  /** Begin; the parameters are those of {@linkcode importTar}. */
  constructor(txn: Transaction, tree: Tree, options: ImportTarOptions = {}) {
    this.#handler = new TreeHandler(txn, tree, options);
    this.#reader = new TarReader(this.#handler, options.limits);
  }

  /** Take the next bytes of the archive. */
  feed(piece: Uint8Array): void {
    this.#reader.feed(piece);
  }

  /** The archive is over. @throws {TarError} `tar/truncated`. */
  close(): void {
    this.#reader.close();
  }

  /** Let go of a file that is not whole. */
  [Symbol.dispose](): void {
    this.#handler.abort();
  }
}

/** Names that begin so remove others. @see The image specification, "Whiteouts" */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

class TreeHandler {
  readonly #txn: Transaction;
  readonly #tree: Tree;
  readonly #into: string;
  readonly #skip: boolean;
  /** What this archive has put there, where whiteouts must know it. */
  readonly #added: Set<string> | undefined;
  #writer: { readonly file: FileWriter; readonly path: string } | undefined;

  constructor(txn: Transaction, tree: Tree, options: ImportTarOptions) {
    this.#txn = txn;
    this.#tree = tree;
    this.#into = options.into ?? "";
    this.#skip = options.special === "skip";
    this.#added = options.whiteouts ? new Set() : undefined;
    tree.mkdir(this.#into);
  }

  entry(entry: TarEntry): void {
    const path = this.#inside(entry.path);
    const { uid, gid, mode } = entry;
    if (this.#added) {
      if (this.#whiteOut(path, this.#added)) return;
      for (let each = path; each !== ""; each = parentOf(each)) this.#added.add(each);
    }
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

  /** Remove what a whiteout names. @returns Whether the path is one. */
  #whiteOut(path: string, added: ReadonlySet<string>): boolean {
    const dir = parentOf(path);
    const name = path.slice(dir === "" ? 0 : dir.length + 1);
    if (!name.startsWith(WHITEOUT)) return false;
    const hidden = name.slice(WHITEOUT.length);
    if (name !== OPAQUE && (hidden === "" || hidden === "." || hidden === "..")) {
      throw new TreeError("tree/bad-path", `Cannot import "${path}": it is a whiteout of nothing`, {
        subject: path,
      });
    }
    // What this layer itself brings stays, wherever in the archive it stands.
    const clear = (below: string) => {
      if (!added.has(below)) this.#tree.remove(below);
      else if (this.#tree.isDir(below)) clearAll(below);
    };
    const clearAll = (directory: string) => {
      for (const [each] of this.#tree.list(directory)) {
        clear(directory === "" ? each : `${directory}/${each}`);
      }
    };
    if (name !== OPAQUE) clear(dir === "" ? hidden : `${dir}/${hidden}`);
    else if (this.#tree.isDir(dir)) clearAll(dir);
    return true;
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
