import { cString, errno, libc, LibcError } from "./libc.ts";

const FILE = "/proc/sys/kernel/random/boot_id";

/**
 * The kernel's name for the time since this machine was started; another after each start.
 *
 * Deno opens files below /proc only for programs that may do everything, so the C library reads it.
 *
 * @see random(4)
 */
export function readBootId(): string {
  const fd = libc().open(cString(FILE), 0, 0);
  if (fd < 0) throw new LibcError("open", FILE, errno());
  try {
    const buffer = new Uint8Array(64);
    const length = Number(libc().read(fd, buffer, BigInt(buffer.length)));
    if (length < 0) throw new LibcError("read", FILE, errno());
    return new TextDecoder().decode(buffer.subarray(0, length)).trim();
  } finally {
    libc().close(fd);
  }
}
