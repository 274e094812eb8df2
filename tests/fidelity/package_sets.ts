/** A system that is made twice: by us, and by dpkg through mmdebstrap. */
export interface PackageSet {
  /** Short name, for files and messages. */
  readonly name: string;
  /** What is asked for, beside the essential packages. */
  readonly packages: readonly string[];
  /** Whether documentation is laid out; where not, both sides leave out the same paths. @default {true} */
  readonly documentation?: boolean;
}

/** Every set needs it, so that no side takes the package that would merge /usr by itself. */
const COMMON = ["usr-is-merged"];

/** The systems that are compared; recommended packages are in none. */
export const PACKAGE_SETS: readonly PackageSet[] = [
  { name: "essential", packages: [] },
  {
    name: "bootable",
    packages: [
      ...["linux-image-cloud-amd64", "initramfs-tools", "ostree", "ostree-boot", "bubblewrap"],
      ...["systemd", "systemd-sysv", "dbus", "udev", "kmod", "iproute2", "procps", "e2fsprogs"],
      ...["passwd", "login", "mount", "zstd", "ca-certificates"],
    ],
    documentation: false,
  },
  { name: "web-database", packages: ["nginx", "postgresql", "redis-server"] },
  {
    name: "server",
    packages: ["openssh-server", "chrony", "network-manager", "sudo"],
  },
  { name: "python", packages: ["python3-full", "gcc", "make"] },
  { name: "java", packages: ["default-jre-headless", "ca-certificates-java"] },
  { name: "lamp", packages: ["apache2", "php", "mariadb-server"] },
  { name: "desktop", packages: ["gdm3"] },
  { name: "containers", packages: ["docker.io", "podman"] },
].map((set) => ({ ...set, packages: [...set.packages, ...COMMON] }));

/** Which set is added to a commit of which other one. */
export const LAYERINGS: readonly (readonly [base: PackageSet, added: PackageSet])[] = [
  ["server", "web-database"],
  ["python", "lamp"],
  ["bootable", "containers"],
].map(([base, added]) => [find(base!), find(added!)]);

function find(name: string): PackageSet {
  return PACKAGE_SETS.find((set) => set.name === name)!;
}
