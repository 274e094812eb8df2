/** An overlay: what scripts write goes to `upper`, the layers below stay as they are. */
export interface OverlaySpec {
  /** Directory below; read only in effect. */
  readonly lower: string;
  /** Directories above `lower` whose files stand in for those below, the topmost first. */
  readonly shadows?: readonly string[];
  /** Directory that takes all changes; on a filesystem with extended attributes. */
  readonly upper: string;
  /** Empty directory on the filesystem of `upper`, for the kernel. */
  readonly work: string;
  /** Empty directory where the result is mounted, inside a private namespace. */
  readonly merged: string;
}

/** Begins the line that tells a cell which could not be set up from a program that failed in it. */
export const SETUP_FAILED = "apt-ostree sandbox:";

/**
 * The command that mounts an overlay where nobody else sees it, and then runs another.
 *
 * The mount belongs to a namespace of its own, so that it ends with the last process in it, however
 * that ends: nothing is left to undo on the host.
 *
 * Its marks are `user.overlay.*` attributes for root too, though only user namespaces need that: so
 * what is read back is the same from both.
 *
 * @param argv Program and arguments that run with the overlay at `merged`.
 * @see unshare(1), the kernel's overlayfs documentation, "User xattr"
 */
export function overlayArgs(overlay: OverlaySpec, argv: readonly string[]): string[] {
  const options = [
    `lowerdir=${[...overlay.shadows ?? [], overlay.lower].map(escaped).join(":")}`,
    `upperdir=${escaped(overlay.upper)}`,
    `workdir=${escaped(overlay.work)}`,
    "index=off",
    "metacopy=off",
    "redirect_dir=nofollow", // what userxattr has for "off"
    "xino=off",
    "volatile", // the upper directory is read back and thrown away: it need not survive a power cut
    "userxattr",
  ].join(",");
  const script = `
for program in mount bwrap; do
  command -v "$program" > /dev/null || { echo "${SETUP_FAILED} no $program"; exit 1; }
done
mount -t overlay -o "$1" overlay "$2" || { echo "${SETUP_FAILED} no overlay"; exit 1; }
shift 2
exec "$@"`;
  return [
    ...["unshare", "--mount", "--propagation", "private", "--"],
    ...["sh", "-c", script, "sh", options, overlay.merged, ...argv],
  ];
}

/** Commas and colons divide mount options. */
function escaped(path: string): string {
  return path.replace(/[\\,:]/g, "\\$&");
}
