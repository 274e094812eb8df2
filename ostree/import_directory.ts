import { readXattrs, WorkerPool } from "@apt-ostree/base";
import type { ImportRequest } from "./import_worker.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import type { ImportFileOptions, Transaction } from "./transaction.ts";

/** How {@linkcode importDirectory} goes about it. */
export interface ImportDirectoryOptions extends Omit<ImportFileOptions, "xattrs"> {
  /** Whether extended attributes are part of the objects. @default {true} */
  readonly xattrs?: boolean;
  /** How many workers read and hash at once; 0 for none. @default the number of cores, at most 8 */
  readonly workers?: number;
  /** Directories whose content is left out, by path below the directory. @default none */
  readonly hollow?: readonly string[];
  /**
   * Told each device, FIFO and socket; they are left out then. What an overlay marks as removed becomes
   * a file `.ostree-wh.NAME`, of which a checkout can make the mark again. @default they are refused
   */
  readonly onSpecial?: (path: string) => void;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Name of the file that stands for what an overlay marks as removed. @see ostree-checkout(1) */
const WHITEOUT = ".ostree-wh.";

/** Most files that a worker takes at a time. */
const BATCH = 64;
/** Fewer entries than this below the top are not worth the start of workers. */
const WORTH_WORKERS = 64;

/**
 * Write a directory of the local filesystem, with owners, modes and attributes, as a tree.
 *
 * Files are read, hashed and stored by all cores, in memory that does not grow with the tree. What
 * workers wrote is published without a ref before the call returns.
 *
 * @throws {ObjectError} `object/unsupported` if it holds a device, FIFO or socket; `object/bad-name`
 * if a name is not UTF-8.
 * @example Usage
 * ```ts
 * import { commitTree, importDirectory, Repo } from "@apt-ostree/ostree";
 *
 * const files = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${files}/hello`, "hello\n");
 * const repo = Repo.init(await Deno.makeTempDir(), { mode: "archive" });
 * using txn = repo.transaction();
 * const root = await importDirectory(txn, files);
 * commitTree(txn, root, { refs: ["example/hello"], timestamp: 0 });
 * txn.commit();
 * ```
 */
export async function importDirectory(
  txn: Transaction,
  path: string,
  options: ImportDirectoryOptions = {},
): Promise<TreeChecksums> {
  const { workers: count, signal, hollow = [], onSpecial, ...fileOptions } = options;
  const how: ImportOne = {
    txn,
    options: fileOptions,
    hollow: new Set(hollow.map((each) => `${path}/${each}`)),
    special: (full) => onSpecial && importSpecial(txn, full, fileOptions, onSpecial),
    ...(signal ? { signal } : {}),
  };
  if (count === 0 || isSmall(path)) {
    const files = (dir: string, names: readonly string[]) =>
      names.map((name) => txn.importFile(`${dir}/${name}`, fileOptions));
    return await (await importOne(how, path, files)).done;
  }
  const module = new URL("./import_worker.ts", import.meta.url);
  await using pool = new WorkerPool<ImportRequest, string[]>(module, count);
  await pool.askAll({ type: "open", repo: txn.path, options: fileOptions });
  const files = (dir: string, names: readonly string[]) => pool.ask({ type: "files", dir, names });
  const root = await (await importOne(how, path, files)).done;
  await pool.askAll({ type: "publish" });
  return root;
}

/** Writes files of a directory; resolves when somebody has begun. */
type WriteFiles = (
  dir: string,
  names: readonly string[],
) => Promise<{ readonly answer: Promise<string[]> }> | string[];

/** What is the same for all directories of a tree. */
interface ImportOne {
  readonly txn: Transaction;
  readonly options: ImportFileOptions;
  /** Directories whose content is left out. */
  readonly hollow: ReadonlySet<string>;
  /** Takes what is neither file, link nor directory; `undefined` where nobody does. */
  readonly special: (path: string) => readonly [name: string, checksum: string][] | undefined;
  readonly signal?: AbortSignal;
}

/** Begin to write a directory; resolves when all below it has begun, and `done` when it is written. */
async function importOne(
  how: ImportOne,
  path: string,
  write: WriteFiles,
): Promise<{ readonly done: Promise<TreeChecksums> }> {
  const { txn, options, signal } = how;
  signal?.throwIfAborted();
  const fileNames: string[] = [];
  const dirNames: string[] = [];
  const specials: (readonly [name: string, checksum: string])[] = [];
  for (
    const { name, isDirectory, isFile, isSymlink } of how.hollow.has(path)
      ? []
      : Deno.readDirSync(path)
  ) {
    const taken = isDirectory || isFile || isSymlink ? undefined : how.special(`${path}/${name}`);
    if (taken) specials.push(...taken);
    else (isDirectory ? dirNames : fileNames).push(name);
  }
  const batches: (Promise<string[]> | string[])[] = [];
  for (let at = 0; at < fileNames.length; at += BATCH) {
    const begun = await write(path, fileNames.slice(at, at + BATCH));
    batches.push("answer" in begun ? begun.answer : begun);
  }
  const dirs: [string, Promise<TreeChecksums>][] = [];
  for (const name of dirNames) {
    const { done } = await importOne(how, `${path}/${name}`, write);
    dirs.push([name, done]);
  }
  const dirmeta = txn.writeDirMeta(readDirMeta(path, options));
  const finish = async (): Promise<TreeChecksums> => {
    const sums = (await Promise.all(batches)).flat();
    const tree = {
      files: new Map([...fileNames.map((name, at) => [name, sums[at]!] as const), ...specials]),
      dirs: new Map(
        await Promise.all(dirs.map(async ([name, done]) => [name, await done] as const)),
      ),
    };
    return { dirtree: txn.writeDirTree(tree), dirmeta };
  };
  const done = finish();
  done.catch(() => {}); // thrown where it is awaited, at the latest by the caller of all
  return { done };
}

/** Take a mark of an overlay as a file, and nothing else. */
function importSpecial(
  txn: Transaction,
  path: string,
  options: ImportFileOptions,
  onSpecial: (path: string) => void,
): [name: string, checksum: string][] {
  const info = Deno.lstatSync(path);
  if (!info.isCharDevice || info.rdev !== 0) {
    onSpecial(path);
    return [];
  }
  const meta = {
    uid: options.uid ?? info.uid ?? 0,
    gid: options.gid ?? info.gid ?? 0,
    mode: (info.mode ?? 0) & 0o7777,
  };
  const name = `${WHITEOUT}${path.slice(path.lastIndexOf("/") + 1)}`;
  return [[name, txn.writeFile(meta, new Uint8Array())]];
}

function readDirMeta(path: string, options: ImportFileOptions) {
  const info = Deno.lstatSync(path);
  const xattrs = options.xattrs === false ? [] : readXattrs(path);
  return {
    uid: options.uid ?? info.uid ?? 0,
    gid: options.gid ?? info.gid ?? 0,
    mode: (info.mode ?? 0) & 0o7777,
    ...(xattrs.length > 0 ? { xattrs } : {}),
  };
}

/** Whether a directory holds few entries, itself and one level below. */
function isSmall(path: string): boolean {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    count++;
    if (isDirectory) { for (const _ of Deno.readDirSync(`${path}/${name}`)) count++; }
    if (count >= WORTH_WORKERS) return false;
  }
  return true;
}
