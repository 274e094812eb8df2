import { joinGroup } from "./cell_group.ts";
import type { CellLimits } from "./cell_limits.ts";
import { SETUP_FAILED } from "./overlay.ts";

/** Descriptor by which bubblewrap reads the seccomp filter. */
export const SECCOMP_FD = 9;
/** Descriptor by which bubblewrap tells the number of the cell's first process. */
export const INFO_FD = 8;

/** What surrounds a cell. */
export interface CellSpec {
  /** File that holds the seccomp filter. */
  readonly seccompFile: string;
  /** File that takes what bubblewrap tells about the cell. */
  readonly infoFile: string;
  /** Empty directory for device files that are the cell's own. */
  readonly devices: string;
  /** Name of a cgroup for the cell. */
  readonly group: string;
  /** What programs inside may take. */
  readonly limits: CellLimits;
}

/**
 * Processes above the limit that the kernel lets be: who passes the limit is ended by name, and only
 * who is faster than that meets the kernel's own bound.
 */
const PROCESSES_BEYOND = 64;

/**
 * The command that gives bubblewrap what it needs, and takes from it what it must not have.
 *
 * Descriptors that this process inherited end here. Limits of the kernel hold from here on. The
 * kernel, short of memory, ends the cell before anything else. Device files are made anew, so that
 * a change of their owner or mode stays inside; who may not make any may not change those of the
 * host either, and that is checked.
 *
 * @param argv bubblewrap and its arguments.
 * @see bash(1), "ulimit"; getrlimit(2), proc(5), nice(1)
 */
export function cellArgs(spec: CellSpec, argv: readonly string[]): string[] {
  const { limits } = spec;
  const script = `
fail() { echo "${SETUP_FAILED} $1"; exit 1; }
umask 022
echo 1000 > /proc/self/oom_score_adj || fail "no /proc"${
    joinGroup(spec.group, limits.processes + PROCESSES_BEYOND)
  }
mount -t tmpfs -o mode=0755,size=64k tmpfs "$3" || fail "no tmpfs"
while read -r name major minor; do
  mknod -m 0666 "$3/$name" c "$major" "$minor" 2> /dev/null && continue
  [ ! -O "/dev/$name" ] || fail "no device files"
done <<< "${DEVICES.map((device) => device.join(" ")).join("\n")}"
for fd in /proc/self/fd/*; do
  fd=\${fd##*/}
  [ "$fd" -le 2 ] || exec {fd}>&-
done
exec ${SECCOMP_FD}< "$1" ${INFO_FD}> "$2" || fail "no files"
shift 3
for limit in ${kernelLimits(limits).join(" ")}; do
  most=$(ulimit -H "\${limit%=*}")
  if [ "$most" = unlimited ] || [ "$most" -gt "\${limit#*=}" ]; then
    ulimit "\${limit%=*}" "\${limit#*=}" || fail "no limits"
  fi
done
exec "$@"`;
  return [
    ...["bash", "-c", script, "bash", spec.seccompFile, spec.infoFile, spec.devices],
    ...["nice", "-n", `${limits.niceness}`],
    ...argv,
  ];
}

/** As bash's `ulimit` takes them; where the host's own are lower, they stay. @see bash(1) */
function kernelLimits(limits: CellLimits): string[] {
  const kibibytes = (bytes: number) => Math.ceil(bytes / 1024);
  return [
    "-c=0",
    `-f=${kibibytes(limits.fileBytes)}`,
    `-d=${kibibytes(limits.memoryBytes)}`,
    `-n=${limits.openFiles}`,
    // For other users than the machine's root, whom the kernel lets have any number.
    `-u=${limits.processes + 4 * PROCESSES_BEYOND}`,
    "-l=8192",
  ];
}

/** Device files that programs count on. @see the kernel's documentation of devices */
export const DEVICES: readonly (readonly [name: string, major: number, minor: number])[] = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["full", 1, 7],
  ["random", 1, 8],
  ["urandom", 1, 9],
  ["tty", 5, 0],
];
