import { libc } from "./libc.ts";

const SIGKILL = 9;

/**
 * End a process at once, if it is there: Deno lets only programs that may do everything end processes
 * that are not their own children.
 *
 * @returns Whether it was there, and ours to end.
 * @see kill(2)
 */
export function killProcess(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) throw new RangeError(`No process to end: ${pid}`);
  return libc().kill(pid, SIGKILL) === 0;
}
