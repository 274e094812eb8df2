import { callLibc, cString, libc } from "./libc.ts";

/**
 * Remove an empty directory of a filesystem of the kernel's, such as a cgroup: from /sys Deno keeps all
 * programs away that may not do everything.
 *
 * @returns Whether it was removed; it stays where it is in use, or never was.
 * @see rmdir(2)
 */
export function removeKernelDirectory(path: string): boolean {
  return callLibc(() => libc().rmdir(cString(path))).errno === 0;
}
