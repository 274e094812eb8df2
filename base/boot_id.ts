import { readProcFile } from "./proc_file.ts";

/**
 * The kernel's name for the time since this machine was started; another after each start.
 *
 * @see random(4)
 */
export function readBootId(): string {
  return readProcFile("/proc/sys/kernel/random/boot_id")!.trim();
}
