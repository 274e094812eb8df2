import { callLibc, cString, errno, libc, LibcError } from "./libc.ts";

const O_RDWR = 0o2;
const O_CREAT = 0o100;
const O_CLOEXEC = 0o2000000;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const EAGAIN = 11;
const EACCES = 13;

/**
 * An open-file-description lock on a whole file, the kind that libostree takes.
 *
 * `Deno.FsFile.lock` is flock(2), which these locks do not notice. Released by
 * {@linkcode OfdLock.release}, or by the kernel when the process ends.
 *
 * @see fcntl(2), "Open file description locks"
 */
export class OfdLock implements Disposable {
  readonly #fd: number;
  #open = true;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Take the lock if nobody stands in the way, at once.
   *
   * @param path Lock file, made with mode 0660 where it is missing.
   * @returns The lock, or `undefined` where another holds one that excludes it.
   * @throws {LibcError} If the file cannot be opened or locked.
   */
  static tryTake(path: string, kind: "shared" | "exclusive"): OfdLock | undefined {
    const text = cString(path);
    const opened = callLibc(() => libc().open(text, O_RDWR | O_CREAT | O_CLOEXEC, 0o660));
    const fd = opened.result;
    if (fd < 0) throw new LibcError("open", path, opened.errno);
    const flock = new Uint8Array(32);
    new DataView(flock.buffer).setInt16(0, kind === "shared" ? F_RDLCK : F_WRLCK, true);
    // Its errno may have been overwritten before it is read: asked again, it is right in the end.
    let error = 0;
    for (let times = 0; times < 100; times++) {
      if (libc().fcntl(fd, F_OFD_SETLK, flock) === 0) return new OfdLock(fd);
      error = errno();
      if (error === EAGAIN || error === EACCES) break;
    }
    libc().close(fd);
    if (error === EAGAIN || error === EACCES) return undefined;
    throw new LibcError("lock", path, error);
  }

  /**
   * Take the lock, waiting as long as `timeoutMs` for others to let go.
   *
   * The calling thread sleeps: locks of a repository are held for moments.
   *
   * @returns The lock, or `undefined` when the time is over.
   */
  static take(path: string, kind: "shared" | "exclusive", timeoutMs: number): OfdLock | undefined {
    const end = performance.now() + timeoutMs;
    for (let pause = 1;; pause = Math.min(pause * 2, 50)) {
      const lock = OfdLock.tryTake(path, kind);
      if (lock || performance.now() >= end) return lock;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }

  /** Let go; a second call does nothing. */
  release(): void {
    if (!this.#open) return;
    this.#open = false;
    libc().close(this.#fd);
  }

  /** Let go at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * Write everything of the filesystem that holds `path` to the disk.
 *
 * @see syncfs(2)
 */
export function syncFilesystem(path: string): void {
  const text = cString(path);
  const { result: fd, errno: failed } = callLibc(() => libc().open(text, O_CLOEXEC, 0));
  if (fd < 0) throw new LibcError("open", path, failed);
  try {
    const synced = callLibc(() => libc().syncfs(fd));
    if (synced.result !== 0) throw new LibcError("sync", path, synced.errno);
  } finally {
    libc().close(fd);
  }
}
