import { orAbort, type Progress } from "@apt-ostree/base";
import { ComposeError } from "../error.ts";

/** How {@linkcode holdLock} waits. */
export interface HoldLockOptions {
  /** Fail at once where another process holds the lock. @default {false} */
  readonly noWait?: boolean;
  /** Told when waiting begins. */
  readonly progress?: Progress;
  /** Gives up waiting; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Take the one lock of a repository, cache or output directory that excludes a second compose.
 *
 * The kernel releases it when the process ends, however it ends.
 *
 * @param file Lock file, made where it is missing; or a directory, which is locked itself.
 * @param subject What the lock guards, as the user named it.
 * @throws {ComposeError} `compose/busy` if another process holds it and `noWait` is set.
 */
export async function holdLock(
  file: string,
  subject: string,
  options: HoldLockOptions = {},
): Promise<Disposable> {
  const { noWait, progress, signal } = options;
  const handle = await openLockable(file);
  try {
    if (!handle.tryLockSync(true)) {
      if (noWait) {
        throw new ComposeError("compose/busy", `Cannot compose in "${subject}": it is in use`, {
          subject,
          hint: "Wait for the other compose to end, or leave out --no-wait",
        });
      }
      const text = `Waiting for another compose that uses "${subject}"`;
      progress?.({ type: "message", level: "info", text });
      await orAbort(handle.lock(true), signal);
    }
  } catch (error) {
    handle.close();
    throw error;
  }
  return { [Symbol.dispose]: () => handle.close() };
}

async function openLockable(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.IsADirectory)) throw error;
    return await Deno.open(path);
  }
}
