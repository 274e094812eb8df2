import { callLibc, cString, libc, LibcError } from "./libc.ts";

/** What the kernel tells a process about itself, and what any program may know about itself. */
export type ProcFile = "cmdline" | "gid_map" | "status" | "uid_map";

const O_CLOEXEC = 0o2000000;

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
  const path = `/proc/self/${name}`;
  const pathC = cString(path);
  const { result: fd, errno } = callLibc(() => libc().open(pathC, O_CLOEXEC, 0));
  if (fd < 0) throw new LibcError("open", path, errno);
  try {
    const decoder = new TextDecoder();
    const piece = new Uint8Array(65536);
    let text = "";
    for (;;) {
      const read = callLibc(() => libc().read(fd, piece, BigInt(piece.length)));
      if (read.result < 0) throw new LibcError("read", path, read.errno);
      if (read.result === 0) return text + decoder.decode();
      text += decoder.decode(piece.subarray(0, read.result), { stream: true });
    }
  } finally {
    libc().close(fd);
  }
}
