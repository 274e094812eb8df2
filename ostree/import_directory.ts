import { readXattrs } from "@apt-ostree/base";
import type { DirMeta } from "./object/dir_meta.ts";
import type { DirTree, TreeChecksums } from "./object/dir_tree.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Write a directory of the local filesystem, with owners, modes and attributes, as a tree.
 *
 * @throws {ObjectError} `object/unsupported` if it holds a device, FIFO or socket; `object/bad-name`
 * if a name is not UTF-8.
 */
export function importDirectory(txn: Transaction, path: string): TreeChecksums {
  const info = Deno.lstatSync(path);
  const xattrs = readXattrs(path);
  const meta: DirMeta = {
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    mode: (info.mode ?? 0) & 0o7777,
    ...(xattrs.length > 0 ? { xattrs } : {}),
  };
  const tree: DirTree & { files: Map<string, string>; dirs: Map<string, TreeChecksums> } = {
    files: new Map(),
    dirs: new Map(),
  };
  for (const entry of Deno.readDirSync(path)) {
    const full = `${path}/${entry.name}`;
    if (entry.isDirectory) tree.dirs.set(entry.name, importDirectory(txn, full));
    else tree.files.set(entry.name, txn.importFile(full));
  }
  return { dirtree: txn.writeDirTree(tree), dirmeta: txn.writeDirMeta(meta) };
}
