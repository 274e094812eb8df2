import { killProcess, readProcFile } from "@apt-ostree/base";

/** Longest that an ended process is waited for, and how often it is looked for, in milliseconds. */
const [LONGEST, INTERVAL] = [5000, 20];

/**
 * End the apt that holds the lock of package lists, if it is one that a killed run left at work in
 * `dir`: whoever calls this holds that directory, so that nobody waits for it any more.
 *
 * @param stderr What the apt wrote that did not get the lock.
 * @returns Whether there was one.
 */
export async function endLeftover(stderr: string, dir: string): Promise<boolean> {
  const found = /Could not get lock .*held by process (\d+)/.exec(stderr);
  if (!found) return false;
  const pid = Number(found[1]);
  if (!isOurs(pid, dir)) return false;
  killProcess(pid);
  for (const end = performance.now() + LONGEST; performance.now() < end && isOurs(pid, dir);) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
  return true;
}

/** Whether a process is an apt of that directory: its command line says so. */
function isOurs(pid: number, dir: string): boolean {
  try {
    return readProcFile(`/proc/${pid}/cmdline`)?.includes(`\0-oDir=${dir}\0`) ?? false;
  } catch (error) {
    // A script that may not ask the system who it is leaves it alone.
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
