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

/** Parts of /proc through which root, without any capability, could change the host's kernel. */
const READ_ONLY_PROC = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi"].map((name) =>
  `/proc/${name}`
);

/**
 * Arguments for bubblewrap.
 *
 * Nothing is shared with the host but what the spec names: no network, no processes, no devices but
 * the harmless ones, no environment. The program dies with whoever started it.
 *
 * @see bwrap(1)
 */
export function bwrapArgs(spec: BubblewrapSpec): string[] {
  return [
    "bwrap",
    ...["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"],
    ...["--die-with-parent", "--new-session", "--hostname", "localhost"],
    ...["--cap-drop", "ALL", ...CAPABILITIES.flatMap((name) => ["--cap-add", name])],
    ...["--bind", spec.root, "/"],
    ...["--dev", "/dev", "--proc", "/proc"],
    // bwrap leaves /proc/sys as it is where the directory itself cannot be written to; its files can.
    ...READ_ONLY_PROC.flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--dir", "/sys", "--tmpfs", "/sys", "--remount-ro", "/sys"],
    ...["--perms", "0755", "--tmpfs", "/run", "--perms", "1777", "--tmpfs", "/tmp"],
    ...["--perms", "1777", "--tmpfs", "/var/tmp", "--perms", "1777", "--dir", "/run/lock"],
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
