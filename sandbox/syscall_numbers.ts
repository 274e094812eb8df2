/** A processor's own way of calling the kernel. */
export type SyscallAbi = "x86_64" | "i386" | "aarch64" | "arm" | "riscv64";

/** `AUDIT_ARCH_*`: what the kernel calls each of them. @see linux/audit.h */
export const AUDIT_ARCH: Readonly<Record<SyscallAbi, number>> = {
  x86_64: 0xc000003e,
  i386: 0x40000003,
  aarch64: 0xc00000b7,
  arm: 0x40000028,
  riscv64: 0xc00000f3,
};

/** The ABIs that programs of each architecture of Deno may use, its own first. */
export const MACHINE_ABIS: Readonly<Record<string, readonly SyscallAbi[]>> = {
  x86_64: ["x86_64", "i386"],
  aarch64: ["aarch64", "arm"],
  riscv64: ["riscv64"],
};

/** Order of the columns of {@linkcode SYSCALLS}; riscv64 has the numbers of aarch64. */
const COLUMNS: Readonly<Record<SyscallAbi, number>> = {
  x86_64: 0,
  i386: 1,
  aarch64: 2,
  arm: 3,
  riscv64: 2,
};

/** Numbers on x86_64, i386, aarch64, arm; -1 where there is no such call. */
type Row = readonly [x86_64: number, i386: number, aarch64: number, arm: number];

const same = (number: number): Row => [number, number, number, number];

/**
 * Numbers of the calls that the filter knows.
 *
 * @see the kernel's tables `arch/x86/entry/syscalls`, `include/uapi/asm-generic/unistd.h` and
 * `arch/arm/tools/syscall.tbl`; the test asks libseccomp
 */
export const SYSCALLS = {
  acct: [163, 51, 89, 51],
  add_key: [248, 286, 217, 309],
  bpf: [321, 357, 280, 386],
  clone: [56, 120, 220, 120],
  clone3: same(435),
  delete_module: [176, 129, 106, 129],
  finit_module: [313, 350, 273, 379],
  fsconfig: same(431),
  fsmount: same(432),
  fsopen: same(430),
  fspick: same(433),
  init_module: [175, 128, 105, 128],
  io_uring_enter: same(426),
  io_uring_register: same(427),
  io_uring_setup: same(425),
  ioctl: [16, 54, 29, 54],
  ioperm: [173, 101, -1, -1],
  iopl: [172, 110, -1, -1],
  kcmp: [312, 349, 272, 378],
  kexec_file_load: [320, -1, 294, 401],
  kexec_load: [246, 283, 104, 347],
  keyctl: [250, 288, 219, 311],
  lookup_dcookie: [212, 253, 18, 249],
  mount: [165, 21, 40, 21],
  mount_setattr: same(442),
  move_mount: same(429),
  nfsservctl: [180, 169, 42, 169],
  open_by_handle_at: [304, 342, 265, 371],
  open_tree: same(428),
  perf_event_open: [298, 336, 241, 364],
  pidfd_getfd: same(438),
  pivot_root: [155, 217, 41, 218],
  process_vm_readv: [310, 347, 270, 376],
  process_vm_writev: [311, 348, 271, 377],
  ptrace: [101, 26, 117, 26],
  quotactl: [179, 131, 60, 131],
  quotactl_fd: same(443),
  reboot: [169, 88, 142, 88],
  request_key: [249, 287, 218, 310],
  setns: [308, 346, 268, 375],
  socket: [41, 359, 198, 281],
  socketcall: [-1, 102, -1, -1],
  swapoff: [168, 115, 225, 115],
  swapon: [167, 87, 224, 87],
  syslog: [103, 103, 116, 103],
  umount: [-1, 22, -1, -1],
  umount2: [166, 52, 39, 52],
  unshare: [272, 310, 97, 337],
  userfaultfd: [323, 374, 282, 388],
} as const satisfies Record<string, Row>;

/** Name of a call that the filter knows. */
export type SyscallName = keyof typeof SYSCALLS;

/** Number of a call; `undefined` where the ABI has no such call. */
export function syscallNumber(name: SyscallName, abi: SyscallAbi): number | undefined {
  const number = SYSCALLS[name][COLUMNS[abi]]!;
  return number < 0 ? undefined : number;
}
