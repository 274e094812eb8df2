import { TarWriter } from "@apt-ostree/base";
import { contentPieces } from "./content_pieces.ts";
import type { DirMeta } from "./object/dir_meta.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import { type ObjectSource, readContent, statContent } from "./stored_content.ts";
import { readDirMeta } from "./stored_metadata.ts";
import { Tree } from "./tree/tree.ts";

/** How {@linkcode exportTar} goes about it. */
export interface ExportTarOptions {
  /** Directory or file of the tree to export, instead of all of it. */
  readonly subpath?: string;
  /** Put before every name, for example `rootfs/`. @default {""} */
  readonly prefix?: string;
  /** Time of every member in seconds since 1970: trees have none. @default {0} */
  readonly mtime?: number;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Files up to this size go through memory in one piece. */
const SMALL_FILE = 4 * 1024 * 1024;

/**
 * Write a tree as a tar archive: members in byte order, parents first, owners by number, attributes as
 * PAX records. The same tree gives the same bytes.
 *
 * @param write Takes the next bytes of the archive; it may keep them only until it returns.
 * @throws {ObjectError} If an object is missing or damaged; the archive is then cut off.
 * @throws {TreeError} `tree/not-found` if there is no such subpath.
 */
export async function exportTar(
  source: ObjectSource,
  root: TreeChecksums,
  write: (bytes: Uint8Array) => void,
  options: ExportTarOptions = {},
): Promise<void> {
  const { subpath = "", prefix = "", mtime = 0, signal } = options;
  const tree = Tree.fromChecksums(source, root);
  const tar = new TarWriter(write);
  const directory = (path: string, meta: DirMeta) => {
    const { uid, gid, mode, xattrs = [] } = meta;
    const full = `${prefix}${path}`;
    tar.entry({
      type: "dir",
      path: full === "" ? "./" : full,
      ...{ uid, gid, mode, mtime },
      xattrs: xattrs.map(([name, value]) => [name, new Uint8Array(value)]),
    });
  };
  const file = async (path: string, checksum: string) => {
    signal?.throwIfAborted();
    await writeContent(tar, source, checksum, `${prefix}${path}`, mtime);
  };
  const top = tree.require(subpath);
  if (top.type === "file") await file(subpath.split("/").at(-1)!, top.checksum);
  else {
    directory("", tree.meta(subpath));
    const cut = subpath === "" ? 0 : subpath.length + 1;
    for (const [path, entry] of tree.walk(subpath)) {
      const name = path.slice(cut);
      if (entry.type === "dir") directory(name, readDirMeta(source, entry.checksums!.dirmeta));
      else await file(name, entry.checksum);
    }
  }
  tar.close();
}

/** Write one content object as a member of an archive. */
export async function writeContent(
  tar: TarWriter,
  source: ObjectSource,
  checksum: string,
  path: string,
  mtime: number,
  options: {
    /** Which attributes are written. @default all */
    readonly keepXattr?: (name: string) => boolean;
    /** Awaited between pieces of large files. */
    readonly drain?: () => Promise<void>;
  } = {},
): Promise<void> {
  const { keepXattr = () => true, drain } = options;
  const { size, ...meta } = statContent(source, checksum);
  const common = {
    path,
    uid: meta.uid,
    gid: meta.gid,
    mtime,
    xattrs: (meta.xattrs ?? []).filter(([name]) => keepXattr(name)),
  };
  if (meta.type === "symlink") {
    return tar.entry({ ...common, type: "symlink", target: meta.target, mode: 0o777 });
  }
  tar.entry({ ...common, type: "file", mode: meta.mode, size });
  if (size <= SMALL_FILE) return tar.data(readContent(source, checksum, size));
  for await (const piece of contentPieces(source, checksum)) {
    tar.data(piece);
    await drain?.();
  }
}
