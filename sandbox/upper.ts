import { readXattr } from "@apt-ostree/base";
import { SandboxError } from "./error.ts";

/** One thing in the upper directory of an overlay. */
export interface UpperChange {
  /** Path inside the overlay without leading slash; "" is the root. */
  readonly path: string;
  /**
   * `dir`, `file`, `symlink`: stands there now. `whiteout`: what the lower layer has is gone. `opaque`:
   * a directory that hides all of the lower one.
   */
  readonly type: "dir" | "opaque" | "file" | "symlink" | "whiteout" | "device" | "fifo" | "socket";
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
}

/**
 * What the overlay's upper directory says has changed, parents before children, names sorted.
 *
 * @param upper The upper directory; the overlay is not mounted any more.
 * @param skip Paths whose content is not looked at, for example mount points.
 */
export function* readUpper(
  upper: string,
  skip: ReadonlySet<string> = new Set(),
  path = "",
): Generator<UpperChange> {
  const full = path === "" ? upper : `${upper}/${path}`;
  const info = Deno.lstatSync(full);
  const type = typeOf(info, full);
  yield { path, type, uid: info.uid ?? 0, gid: info.gid ?? 0, mode: (info.mode ?? 0) & 0o7777 };
  if (!info.isDirectory || skip.has(path)) return;
  const names = [...Deno.readDirSync(full)].map((entry) => entry.name).sort();
  for (const name of names) {
    if (name.includes("\ufffd")) {
      throw new SandboxError(
        "sandbox/special-file",
        `Cannot keep a file below "/${path}": its name is not UTF-8`,
        {
          subject: `/${path}`,
          hint: "A maintainer script made it; report it to the package's maintainer",
        },
      );
    }
    yield* readUpper(upper, skip, path === "" ? name : `${path}/${name}`);
  }
}

function typeOf(info: Deno.FileInfo, full: string): UpperChange["type"] {
  if (info.isDirectory) return isOpaque(full) ? "opaque" : "dir";
  if (info.isFile) return "file";
  if (info.isSymlink) return "symlink";
  if (info.isCharDevice) return info.rdev === 0 ? "whiteout" : "device";
  if (info.isBlockDevice) return "device";
  return info.isFifo ? "fifo" : "socket";
}

function isOpaque(path: string): boolean {
  const mark = readXattr(path, "trusted.overlay.opaque") ?? readXattr(path, "user.overlay.opaque");
  return mark !== undefined && mark[0] === 0x79; // "y"
}
