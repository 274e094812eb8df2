/** What becomes of a regular file that stands below /var when the tree is finished. */
export type VarPolicy =
  /** Made again by the program it belongs to: caches, logs, locks. */
  | "drop"
  /** Copied to the host at boot where it is missing. */
  | "keep";

/** Files below /var that programs make again, or that must differ from host to host. */
const DROPPED = [
  /^var\/cache\//,
  /^var\/log\//,
  /^var\/tmp\//,
  /^var\/run\//,
  /^var\/lock\//,
  /^var\/backups\//,
  /^var\/lib\/apt\/lists\//,
  /^var\/lib\/dpkg\//,
  /^var\/lib\/systemd\/(random-seed|credential\.secret|catalog\/database)$/,
  /^var\/lib\/dbus\/machine-id$/,
  /^var\/lib\/initramfs-tools\//,
  /^var\/lib\/(logrotate|urandom)\//,
  /(^|\/)\.?lock(file)?$/,
];

/** Decide about one file; `path` has no leading slash. */
export function varPolicy(path: string): VarPolicy {
  return DROPPED.some((pattern) => pattern.test(path)) ? "drop" : "keep";
}
