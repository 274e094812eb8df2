/** What becomes of a call that a maintainer script makes. */
export type InterceptionAction =
  /** The real program runs; the call is recorded. */
  | "run"
  /** Nothing runs now: apt-ostree does the work itself, once, at the end. */
  | "defer"
  /** Nothing runs, and the script is told that all went well. */
  | "ignore"
  /** Nothing runs, and the script is told that it failed. */
  | "refuse";

/** How calls of one program are answered. */
export interface InterceptionPolicy {
  /** Name of the program, without its directory. */
  readonly program: string;
  /** What becomes of the call. */
  readonly action: InterceptionAction;
  /** First arguments, options left out, for which the real program runs all the same. */
  readonly runFor?: readonly string[];
  /** Why, for people who read the record. */
  readonly reason: string;
}

const ACCOUNTS = "accounts become sysusers.d lines";
const INITRAMFS = "the initramfs is built once, when everything else stands";
const KERNEL = "the build's kernel is not the image's";
const SERVICES = "services are started by the host that boots the image, not by its build";
const BOOT_ENTRIES = "libostree owns the boot entries";
const OFFLINE = [
  "enable",
  "disable",
  "mask",
  "unmask",
  "preset",
  "preset-all",
  "is-enabled",
  "set-default",
];

/**
 * Programs that act on a running system, and how they are answered while an image is made.
 *
 * Everything not named here runs as it is, inside the sandbox.
 */
export const INTERCEPTION_POLICIES: readonly InterceptionPolicy[] = [
  { program: "systemctl", action: "ignore", runFor: OFFLINE, reason: SERVICES },
  { program: "deb-systemd-invoke", action: "ignore", reason: SERVICES },
  { program: "invoke-rc.d", action: "ignore", reason: SERVICES },
  { program: "service", action: "ignore", reason: SERVICES },
  { program: "start-stop-daemon", action: "ignore", reason: SERVICES },
  { program: "udevadm", action: "ignore", reason: "the build has no devices" },
  { program: "modprobe", action: "ignore", reason: KERNEL },
  { program: "rmmod", action: "ignore", reason: KERNEL },
  { program: "sysctl", action: "ignore", reason: KERNEL },
  { program: "telinit", action: "ignore", reason: SERVICES },
  // By its own means it finds the root of a cell to be that of the machine.
  { program: "ischroot", action: "ignore", reason: "the system that scripts work on does not run" },
  { program: "update-initramfs", action: "defer", reason: INITRAMFS },
  { program: "dracut", action: "defer", reason: INITRAMFS },
  { program: "update-grub", action: "ignore", reason: BOOT_ENTRIES },
  { program: "update-grub2", action: "ignore", reason: BOOT_ENTRIES },
  { program: "grub-install", action: "ignore", reason: BOOT_ENTRIES },
  { program: "grub-mkconfig", action: "ignore", reason: BOOT_ENTRIES },
  { program: "kernel-install", action: "ignore", reason: BOOT_ENTRIES },
  { program: "reboot", action: "refuse", reason: "a script must not restart anything" },
  { program: "shutdown", action: "refuse", reason: "a script must not stop anything" },
  { program: "poweroff", action: "refuse", reason: "a script must not stop anything" },
  { program: "halt", action: "refuse", reason: "a script must not stop anything" },
  ...[
    ...["adduser", "addgroup", "useradd", "groupadd", "usermod", "groupmod", "systemd-sysusers"],
    ...["deluser", "delgroup", "userdel", "groupdel"],
  ].map((program) => ({ program, action: "run", reason: ACCOUNTS } as const)),
  {
    program: "systemd-tmpfiles",
    action: "run",
    reason: "what lies in /var becomes tmpfiles.d lines",
  },
];
