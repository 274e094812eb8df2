/**
 * What stands at the top of a deployment.
 *
 * A deployment's own `/` cannot be written to; what hosts write lives in /var, and the links here
 * lead there.
 */
export const ROOT_LINKS: readonly (readonly [path: string, target: string])[] = [
  ["home", "var/home"],
  ["root", "var/roothome"],
  ["srv", "var/srv"],
  ["mnt", "var/mnt"],
  ["opt", "var/opt"],
  ["media", "run/media"],
  ["ostree", "sysroot/ostree"],
  ["usr/local", "../var/usrlocal"],
];

/** Directories that are mount points or belong to the host; empty in the image. Mode in octal. */
export const ROOT_DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ["boot", 0o755],
  ["dev", 0o755],
  ["proc", 0o755],
  ["run", 0o755],
  ["sys", 0o755],
  ["sysroot", 0o755],
  ["tmp", 0o1777],
  ["var", 0o755],
];

/** Links of the merged /usr; they exist before the first package is laid out. */
export const USR_MERGE_LINKS: readonly (readonly [path: string, target: string])[] = [
  ["bin", "usr/bin"],
  ["sbin", "usr/sbin"],
  ["lib", "usr/lib"],
];

/**
 * State below /var that describes the image, and where the image keeps it.
 *
 * dpkg's database, and what belongs with it: were it lost, the next layering would forget debconf
 * answers, which units the administrator disabled, and which packages apt installed by itself.
 */
export const IMAGE_STATE: readonly (readonly [varPath: string, imagePath: string])[] = [
  ["var/lib/apt/extended_states", "usr/lib/sysimage/apt/extended_states"],
  ["var/cache/debconf", "usr/lib/sysimage/debconf"],
  ["var/lib/systemd/deb-systemd-helper-enabled", "usr/lib/sysimage/deb-systemd-helper/enabled"],
  ["var/lib/systemd/deb-systemd-helper-masked", "usr/lib/sysimage/deb-systemd-helper/masked"],
  [
    "var/lib/systemd/deb-systemd-user-helper-enabled",
    "usr/lib/sysimage/deb-systemd-user-helper/enabled",
  ],
  [
    "var/lib/systemd/deb-systemd-user-helper-masked",
    "usr/lib/sysimage/deb-systemd-user-helper/masked",
  ],
  ["var/lib/pam", "usr/lib/sysimage/pam"],
  ["var/lib/shells.state", "usr/lib/sysimage/shells.state"],
  ["var/lib/ucf", "usr/lib/sysimage/ucf"],
];

/** Where the image keeps dpkg's database, and the link that leads there from its old place. */
export const DPKG_DATABASE = "usr/lib/sysimage/dpkg";
/** Target of the link `/var/lib/dpkg`. */
export const DPKG_LINK_TARGET = "../../usr/lib/sysimage/dpkg";
