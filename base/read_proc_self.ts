import { readProcFile } from "./proc_file.ts";

/** What the kernel tells a process about itself, and what any program may know about itself. */
export type ProcFile = "cmdline" | "gid_map" | "status" | "uid_map";

/**
 * Text of a file below `/proc/self`.
 *
 * Deno keeps that directory for programs that have every permission, since other files in it hold
 * secrets; these hold none.
 *
 * @throws {LibcError} If it cannot be read.
 * @see proc(5)
 */
export function readProcSelf(name: ProcFile): string {
  return readProcFile(`/proc/self/${name}`)!;
}
