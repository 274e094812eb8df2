import { orAbort } from "@apt-ostree/base";

/**
 * Take the one lock of an isolated apt's directory: its files say what the next command means, so that
 * no two may be at work there at once, in one process or in several.
 *
 * The kernel releases it when the process ends, however it ends.
 *
 * @param signal Gives up waiting; the call then throws the signal's reason.
 */
export async function holdDirectory(
  dir: string,
  signal: AbortSignal | undefined,
): Promise<Disposable> {
  const handle = await Deno.open(`${dir}/lock`, { write: true, create: true });
  try {
    if (!handle.tryLockSync(true)) await orAbort(handle.lock(true), signal);
  } catch (error) {
    handle.close();
    throw error;
  }
  return { [Symbol.dispose]: () => handle.close() };
}
