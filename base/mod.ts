/**
 * What every member of apt-ostree stands on: errors, running programs, progress, bytes.
 *
 * @module
 */
export { ByteBuffer } from "./byte_buffer.ts";
export { type CompressionFormat, decompress, type DecompressOptions } from "./decompress.ts";
export { AptOstreeError, type AptOstreeErrorOptions } from "./error.ts";
export { readBootId } from "./boot_id.ts";
export { exchangePaths } from "./exchange_paths.ts";
export { killProcess } from "./kill_process.ts";
export { LibcError } from "./libc.ts";
export { removeKernelDirectory } from "./remove_kernel_directory.ts";
export { makeFifo } from "./make_fifo.ts";
export { OfdLock, syncFilesystem } from "./ofd_lock.ts";
export { orAbort } from "./or_abort.ts";
export { pathExists } from "./path_exists.ts";
export { readProcDir, readProcFile } from "./proc_file.ts";
export { type Progress, type ProgressEvent } from "./progress.ts";
export { quoted } from "./quoted.ts";
export { replaceProcess } from "./replace_process.ts";
export { readUnfollowed } from "./read_unfollowed.ts";
export {
  cleanText,
  hostRunner,
  RunError,
  type Runner,
  type RunOptions,
  type RunResult,
} from "./run.ts";
export { insidePath } from "./safe_path.ts";
export { type FileStat, statUnfollowed } from "./stat_unfollowed.ts";
export { type TarEntry, type TarEntryType, type TarHandler, type TarLimits } from "./tar/entry.ts";
export { TarError } from "./tar/error.ts";
export { TarReader } from "./tar/reader.ts";
export { type TarEntryInput, TarWriter } from "./tar/writer.ts";
export { WorkerClient, WorkerError } from "./worker_client.ts";
export { WorkerPool } from "./worker_pool.ts";
export { type WorkerAnswer, type WorkerRequest } from "./worker_protocol.ts";
export { serveWorker, type WorkerService } from "./worker_server.ts";
export { readXattr, readXattrs, writeXattr, type Xattr } from "./xattrs.ts";
