import { DEVICES, INFO_FD, SECCOMP_FD } from "./cell_args.ts";

/** One thing of the host that a sandbox sees. */
export interface BubblewrapBind {
  /** Path on the host. */
  readonly source: string;
  /** Absolute path inside. */
  readonly dest: string;
  /** Whether it can be written to. */
  readonly writable: boolean;
}

/** All that a sandbox is made of. */
export interface BubblewrapSpec {
  /** Directory on the host that is `/` inside. */
  readonly root: string;
  /** Things of the host that are seen inside. */
  readonly binds: readonly BubblewrapBind[];
  /** The whole environment inside. */
  readonly environment: Readonly<Record<string, string>>;
  /** Working directory inside. */
  readonly cwd: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Directory on the host with device files for the cell; what is not there, the host's serves. */
  readonly devices: string;
  /** Bytes in each of /tmp and /var/tmp; a sixteenth of it in /run and /dev/shm. */
  readonly temporaryBytes: number;
}

/**
 * Capabilities that maintainer scripts and dpkg need to lay out a system: owners, modes, set-id
 * bits, file capabilities, chroot, and switching to another user. Not among them: mounts, modules,
 * devices, network, tracing, clocks.
 *
 * @see capabilities(7)
 */
export const CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
];

/**
 * Arguments for bubblewrap.
 *
 * Nothing is shared with the host but what the spec names: no network, no processes, no devices but
 * the harmless ones, no environment. The program dies with whoever started it.
 *
 * @see bwrap(1)
 */
export function bwrapArgs(spec: BubblewrapSpec): string[] {
  const small = Math.ceil(spec.temporaryBytes / 16);
  return [
    "bwrap",
    ...["--seccomp", `${SECCOMP_FD}`, "--info-fd", `${INFO_FD}`],
    ...["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"],
    ...["--die-with-parent", "--new-session", "--hostname", "localhost"],
    ...["--cap-drop", "ALL", ...CAPABILITIES.flatMap((name) => ["--cap-add", name])],
    ...["--bind", spec.root, "/"],
    ...["--dev", "/dev"],
    ...DEVICES.flatMap((
      [name],
    ) => ["--dev-bind-try", `${spec.devices}/${name}`, `/dev/${name}`]),
    ...temporary("1777", small, "/dev/shm"),
    // Files of /proc belong to the number 0, which a script may have: nothing in it is for writing,
    // neither the kernel's settings nor the memory of bubblewrap's own process.
    ...["--remount-ro", "/dev", "--proc", "/proc", "--remount-ro", "/proc"],
    ...["--dir", "/sys", "--size", "4096", "--tmpfs", "/sys", "--remount-ro", "/sys"],
    ...temporary("0755", small, "/run"),
    ...temporary("1777", spec.temporaryBytes, "/tmp"),
    ...temporary("1777", spec.temporaryBytes, "/var/tmp"),
    ...["--perms", "1777", "--dir", "/run/lock"],
    ...["--perms", "0755", "--dir", "/run/apt-ostree"],
    ...spec.binds.flatMap((
      { source, dest, writable },
    ) => [writable ? "--bind" : "--ro-bind", source, dest]),
    "--clearenv",
    ...Object.entries(spec.environment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--chdir", spec.cwd],
    "--",
    ...spec.argv,
  ];
}

function temporary(mode: string, bytes: number, path: string): string[] {
  return ["--perms", mode, "--size", `${bytes}`, "--tmpfs", path];
}
