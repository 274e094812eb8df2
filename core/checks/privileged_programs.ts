/** A program that Debian ships setuid, setgid or with capabilities. */
export interface PrivilegedProgram {
  /** Pattern of paths; see `pathPattern`. */
  readonly path: string;
  /** Package that has to own it. */
  readonly package: string;
  /** What it needs the privilege for. */
  readonly why: string;
}

/**
 * Programs of Debian 12 that have privileges of their own: each was seen to be so in its package's
 * archive, or to be made so by its package's script.
 */
export const PRIVILEGED_PROGRAMS: readonly PrivilegedProgram[] = [
  { path: "/usr/bin/su", package: "util-linux", why: "becomes another user" },
  { path: "/usr/bin/mount", package: "mount", why: "lets users mount what fstab allows" },
  { path: "/usr/bin/umount", package: "mount", why: "lets users unmount what they mounted" },
  { path: "/usr/bin/passwd", package: "passwd", why: "writes the user's password" },
  { path: "/usr/bin/chsh", package: "passwd", why: "writes the user's shell" },
  { path: "/usr/bin/chfn", package: "passwd", why: "writes the user's name" },
  { path: "/usr/bin/gpasswd", package: "passwd", why: "lets administrators of groups add members" },
  { path: "/usr/bin/chage", package: "passwd", why: "reads the user's own line of shadow" },
  { path: "/usr/bin/expiry", package: "passwd", why: "reads the user's own line of shadow" },
  { path: "/usr/bin/newgrp", package: "login", why: "changes the group" },
  { path: "/usr/sbin/unix_chkpwd", package: "libpam-modules-bin", why: "checks a password" },
  { path: "/usr/bin/sudo", package: "sudo", why: "runs programs as others" },
  { path: "/usr/bin/sudo", package: "sudo-ldap", why: "runs programs as others" },
  { path: "/usr/bin/doas", package: "opendoas", why: "runs programs as others" },
  { path: "/usr/bin/pkexec", package: "pkexec", why: "runs programs as polkit allows" },
  {
    path: "/usr/lib/polkit-1/polkit-agent-helper-1",
    package: "polkitd",
    why: "asks for passwords",
  },
  {
    path: "/usr/lib/dbus-1.0/dbus-daemon-launch-helper",
    package: "dbus",
    why: "starts services of the system bus under their users",
  },
  { path: "/usr/lib/openssh/ssh-keysign", package: "openssh-client", why: "signs with host keys" },
  { path: "/usr/bin/ssh-agent", package: "openssh-client", why: "keeps its memory from debuggers" },
  { path: "/usr/bin/fusermount*", package: "fuse3", why: "mounts the user's file systems" },
  { path: "/usr/bin/fusermount*", package: "fuse", why: "mounts the user's file systems" },
  { path: "/usr/bin/ntfs-3g", package: "ntfs-3g", why: "mounts what fstab allows" },
  { path: "/usr/sbin/mount.nfs*", package: "nfs-common", why: "mounts what fstab allows" },
  { path: "/usr/sbin/mount.cifs", package: "cifs-utils", why: "mounts what fstab allows" },
  { path: "/usr/sbin/mount.davfs", package: "davfs2", why: "mounts what fstab allows" },
  { path: "/usr/sbin/mount.ecryptfs_private", package: "ecryptfs-utils", why: "mounts ~/Private" },
  { path: "/usr/bin/crontab", package: "cron", why: "writes the user's table" },
  { path: "/usr/bin/at", package: "at", why: "writes the user's jobs" },
  { path: "/usr/bin/newuidmap", package: "uidmap", why: "maps subordinate ids" },
  { path: "/usr/bin/newgidmap", package: "uidmap", why: "maps subordinate ids" },
  { path: "/usr/bin/ping", package: "iputils-ping", why: "sends ICMP packets" },
  { path: "/usr/bin/ping*", package: "inetutils-ping", why: "sends ICMP packets" },
  { path: "/usr/bin/arping", package: "iputils-arping", why: "sends ARP packets" },
  { path: "/usr/bin/clockdiff", package: "iputils-clockdiff", why: "sends ICMP packets" },
  { path: "/usr/bin/mtr-packet", package: "mtr", why: "sends ICMP packets" },
  { path: "/usr/bin/mtr-packet", package: "mtr-tiny", why: "sends ICMP packets" },
  { path: "/usr/bin/fping*", package: "fping", why: "sends ICMP packets" },
  { path: "/usr/bin/dumpcap", package: "wireshark-common", why: "listens to networks" },
  { path: "/usr/sbin/pppd", package: "ppp", why: "makes network connections" },
  { path: "/usr/lib/xorg/Xorg.wrap", package: "xserver-xorg-legacy", why: "starts the X server" },
  {
    path: "/usr/lib/*/utempter/utempter",
    package: "libutempter0",
    why: "notes the user's terminals in utmp",
  },
  { path: "/usr/bin/dotlockfile", package: "liblockfile-bin", why: "locks mail boxes" },
  { path: "/usr/bin/lockfile", package: "procmail", why: "locks mail boxes" },
  { path: "/usr/bin/procmail", package: "procmail", why: "delivers mail as its receiver" },
  { path: "/usr/sbin/exim4", package: "exim4-daemon-light", why: "delivers mail as its receivers" },
  { path: "/usr/sbin/exim4", package: "exim4-daemon-heavy", why: "delivers mail as its receivers" },
  { path: "/usr/sbin/postdrop", package: "postfix", why: "hands mail to the queue" },
  { path: "/usr/sbin/postqueue", package: "postfix", why: "reads the queue of mail" },
  {
    path: "/usr/libexec/camel-lock-helper-*",
    package: "evolution-data-server",
    why: "locks mail boxes",
  },
  { path: "/usr/bin/plocate", package: "plocate", why: "reads the index of all files" },
  { path: "/usr/lib/chromium/chrome-sandbox", package: "chromium-sandbox", why: "makes a cell" },
  { path: "/usr/lib/snapd/snap-confine", package: "snapd", why: "makes a cell" },
  {
    path: "/usr/libexec/spice-client-glib-usb-acl-helper",
    package: "spice-client-glib-usb-acl-helper",
    why: "hands USB devices to virtual machines",
  },
  {
    path: "/usr/lib/*/gstreamer1.0/gstreamer-1.0/gst-ptp-helper",
    package: "libgstreamer1.0-0",
    why: "binds the ports of the precision time protocol",
  },
  { path: "/usr/bin/kwin_wayland", package: "kwin-wayland", why: "runs with real-time priority" },
  {
    path: "/usr/lib/mysql/plugin/auth_pam_tool_dir/auth_pam_tool",
    package: "mariadb-server",
    why: "checks passwords for the database",
  },
];
