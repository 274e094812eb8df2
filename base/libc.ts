import { AptOstreeError } from "./error.ts";

/** A system call that failed and has no place in Deno's own API. */
export class LibcError extends AptOstreeError<"libc/failed" | "libc/not-found"> {
  /** Value of `errno`, for example 95 (`EOPNOTSUPP`). */
  readonly errno: number;

  /** Create an error about `call` on `subject`. */
  constructor(call: string, subject: string, errno: number) {
    super("libc/failed", `Cannot ${call} "${subject}": errno ${errno} (${ERRNO[errno] ?? "?"})`, {
      subject,
    });
    this.errno = errno;
  }
}

/** Where Debian and others keep the C library; `--allow-ffi` names these paths and no others. */
export const LIBC_PATHS: readonly string[] = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib/riscv64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
];

const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  addressOf: { name: "memcpy", parameters: ["buffer", "buffer", "usize"], result: "usize" },
  close: { parameters: ["i32"], result: "i32" },
  execvp: { parameters: ["buffer", "buffer"], result: "i32" },
  faccessat: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  lgetxattr: { parameters: ["buffer", "buffer", "buffer", "usize"], result: "isize" },
  llistxattr: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  lremovexattr: { parameters: ["buffer", "buffer"], result: "i32" },
  lsetxattr: { parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32" },
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
  mknod: { parameters: ["buffer", "u32", "u64"], result: "i32" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  renameat2: { parameters: ["i32", "buffer", "i32", "buffer", "u32"], result: "i32" },
  rmdir: { parameters: ["buffer"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32" },
} as const;

const ERRNO: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  3: "ESRCH",
  4: "EINTR",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  16: "EBUSY",
  17: "EEXIST",
  18: "EXDEV",
  22: "EINVAL",
  28: "ENOSPC",
  30: "EROFS",
  34: "ERANGE",
  61: "ENODATA",
  95: "EOPNOTSUPP",
  122: "EDQUOT",
};

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
let loaded: Libc | undefined;

/** The C library, opened at its first use and kept for the life of the process. */
export function libc(): Libc {
  if (loaded) return loaded;
  for (const path of LIBC_PATHS) {
    try {
      Deno.statSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    return loaded = Deno.dlopen(path, SYMBOLS).symbols;
  }
  throw new AptOstreeError("libc/not-found", "Cannot find the C library in its usual places", {
    hint: `Looked for ${LIBC_PATHS.join(", ")}`,
  });
}

/** Value of `errno` after a call that failed. */
export function errno(): number {
  // Reading through a pointer would need permission for all of FFI; copying into a buffer does not.
  const copy = new Int32Array(1);
  libc().memcpy(copy, libc().__errno_location(), 4n);
  return copy[0]!;
}

const EINTR = 4;
const EAGAIN = 11;
/** Repetitions before an answer is believed. */
const MOST = 100;

/**
 * Call a function of the C library that never fails with EAGAIN or EINTR, and tell why it failed.
 *
 * The thread's own `errno` can change before it is read: collecting garbage makes system calls in
 * between, which leave these two. The call is repeated then.
 *
 * @param call Returns a negative number where it fails.
 * @returns What it returned, and `errno`; 0 where it succeeded.
 */
export function callLibc(call: () => number | bigint): { result: number; errno: number } {
  for (let times = 1;; times++) {
    const result = Number(call());
    if (result >= 0) return { result, errno: 0 };
    const error = errno();
    if ((error !== EAGAIN && error !== EINTR) || times === MOST) return { result, errno: error };
  }
}

/** Text as C takes it: UTF-8 with a NUL behind it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
