/**
 * Wait for a promise, but not longer than until a signal is aborted.
 *
 * @throws The signal's reason, at once when it is aborted; what the promise comes to is then ignored.
 */
export async function orAbort<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await wait;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
