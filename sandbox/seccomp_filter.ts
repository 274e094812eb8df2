import {
  AUDIT_ARCH,
  MACHINE_ABIS,
  type SyscallAbi,
  type SyscallName,
  syscallNumber,
} from "./syscall_numbers.ts";

/**
 * Calls that fail with EPERM inside a cell.
 *
 * Without capabilities most of them fail anyway; the filter is there because a new user namespace
 * would give a script all capabilities anew, because some of them look past namespaces (keys, the
 * kernel's log), and because the rest is where kernels had their holes. No maintainer script of
 * Debian needs one.
 */
export const DENIED_SYSCALLS: readonly SyscallName[] = [
  // the mount table
  ...["mount", "umount", "umount2", "pivot_root", "move_mount", "open_tree"] as const,
  ...["fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"] as const,
  // other namespaces and other processes
  ...["setns", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"] as const,
  // keys: they belong to the user, whatever the namespace
  ...["add_key", "request_key", "keyctl"] as const,
  // programs and memory that the kernel works with by itself
  ...["bpf", "perf_event_open", "userfaultfd"] as const,
  ...["io_uring_setup", "io_uring_enter", "io_uring_register"] as const,
  // the machine
  ...["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"] as const,
  ...["reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "quotactl_fd"] as const,
  ...["iopl", "ioperm", "lookup_dcookie", "nfsservctl"] as const,
];

/** `CLONE_NEW*` but `CLONE_NEWTIME`, which stands where clone(2) has the number of a signal. */
const NEW_NAMESPACES = 0x7e020000;
const NEW_TIME = 0x80;
/** `TIOCSTI` and `TIOCLINUX` type into a terminal. */
const TERMINAL_IOCTLS = [0x5412, 0x541c];
/** UNIX, INET, INET6, NETLINK: all others either need rights or know no network namespace (VSOCK). */
const SOCKET_FAMILIES = [1, 2, 10, 16];

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const ALLOW = 0x7fff0000;
const fail = (errno: number) => 0x00050000 | errno;

/** Offsets in `struct seccomp_data`, little endian. */
const NR = 0;
const ARCH = 4;
const argument = (index: number) => 16 + 8 * index;

type Instruction = readonly [code: number, jt: number, jf: number, k: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const give = (value: number): Instruction => [0x06, 0, 0, value];
const skip = (count: number): Instruction => [0x05, 0, 0, count];
/** Goes on where the loaded value is `k`, else passes over `count` instructions. */
const unlessEqual = (k: number, count: number): Instruction => [0x15, 0, count, k];
const ifEqual = (k: number, count: number): Instruction => [0x15, count, 0, k];
const unlessAtLeast = (k: number, count: number): Instruction => [0x35, 0, count, k];
const unlessAnyBit = (k: number, count: number): Instruction => [0x45, 0, count, k];

/**
 * A seccomp filter for cells, as bubblewrap takes it: the kernel's `struct sock_filter`, one after
 * the other.
 *
 * Allows all calls but {@linkcode DENIED_SYSCALLS}, new namespaces, typing into terminals, and
 * sockets of families that know no network namespace. clone3(2) does not exist for the cell, since
 * a filter cannot look into its arguments; the C library uses clone(2) then.
 *
 * @param machine As in `Deno.build.arch`.
 * @throws {RangeError} If the machine is another than those in {@linkcode MACHINE_ABIS}.
 * @see the kernel's documentation of seccomp filters
 */
export function seccompFilter(machine: string): Uint8Array<ArrayBuffer> {
  const abis = MACHINE_ABIS[machine];
  if (!abis) throw new RangeError(`No seccomp filter is known for ${machine}`);
  const program = [
    load(ARCH),
    ...abis.flatMap((abi) => {
      const part = section(abi);
      return [ifEqual(AUDIT_ARCH[abi], 1), skip(part.length), ...part];
    }),
    give(fail(ENOSYS)),
  ];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [at, [code, jt, jf, k]] of program.entries()) {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, jt);
    view.setUint8(at * 8 + 3, jf);
    view.setUint32(at * 8 + 4, k, true);
  }
  return bytes;
}

/** What holds for one ABI; ends with an answer in every case. */
function section(abi: SyscallAbi): Instruction[] {
  const program = [load(NR)];
  // x32: another numbering of the same processor, which Debian's kernels do not have.
  if (abi === "x86_64") program.push(unlessAtLeast(0x40000000, 1), give(fail(ENOSYS)));
  const on = (name: SyscallName, answer: readonly Instruction[]) => {
    const number = syscallNumber(name, abi);
    if (number !== undefined) program.push(unlessEqual(number, answer.length), ...answer);
  };
  for (const name of DENIED_SYSCALLS) on(name, [give(fail(EPERM))]);
  for (const name of ["clone3", "socketcall"] as const) on(name, [give(fail(ENOSYS))]);
  const namespaces = (mask: number) => [
    load(argument(0)),
    unlessAnyBit(mask, 1),
    give(fail(EPERM)),
    give(ALLOW),
  ];
  on("clone", namespaces(NEW_NAMESPACES));
  on("unshare", namespaces(NEW_NAMESPACES | NEW_TIME));
  on("ioctl", [
    load(argument(1)),
    ...TERMINAL_IOCTLS.flatMap((request) => [unlessEqual(request, 1), give(fail(EPERM))]),
    give(ALLOW),
  ]);
  on("socket", [
    load(argument(0)),
    ...SOCKET_FAMILIES.flatMap((family) => [unlessEqual(family, 1), give(ALLOW)]),
    give(fail(EAFNOSUPPORT)),
  ]);
  program.push(give(ALLOW));
  return program;
}
