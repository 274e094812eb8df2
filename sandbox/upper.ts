import { quoted, readXattr } from "@apt-ostree/base";
import { DEFAULT_CELL_LIMITS } from "./cell_limits.ts";
import { type CellExcess, mebibytes } from "./cell_excess.ts";
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

/** How much of an upper directory is read. */
export interface UpperLimits {
  /** Bytes of all files, holes in them counted. */
  readonly diskBytes: number;
  /** Files, directories and links. */
  readonly files: number;
}

/** Longest path that programs can open. @see path_resolution(7) */
const LONGEST_PATH = 4095;

/**
 * What the overlay's upper directory says has changed, parents before children, names sorted.
 *
 * @param upper The upper directory; the overlay is not mounted any more.
 * @param skip Paths whose content is not looked at, for example mount points.
 * @param limits What is too much to read. @default {DEFAULT_CELL_LIMITS}
 * @throws {SandboxError} `sandbox/special-file` if a name is no text or a path too long for any
 * program, `sandbox/limit` if there is too much.
 */
export function* readUpper(
  upper: string,
  skip: ReadonlySet<string> = new Set(),
  limits: UpperLimits = DEFAULT_CELL_LIMITS,
): Generator<UpperChange> {
  const left = { bytes: limits.diskBytes, files: limits.files };
  // What is still to be looked at, the next one last.
  const waiting = [""];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const full = path === "" ? upper : `${upper}/${path}`;
    const info = Deno.lstatSync(full);
    const type = typeOf(info, full);
    left.files--;
    if (type === "file") left.bytes -= info.size;
    if (left.files < 0 || left.bytes < 0) throw tooMuch(limits, left);
    yield { path, type, uid: info.uid ?? 0, gid: info.gid ?? 0, mode: (info.mode ?? 0) & 0o7777 };
    if (!info.isDirectory || skip.has(path)) continue;
    const names = readNames(full, `/${path}`, left.files, limits).sort();
    for (const name of names.reverse()) {
      const child = path === "" ? name : `${path}/${name}`;
      checkName(`${upper}/${child}`, `/${path}`);
      waiting.push(child);
    }
  }
}

/** Whether an upper directory holds more than the limits allow. It may change meanwhile. */
export function measureUpper(upper: string, limits: UpperLimits): CellExcess | undefined {
  const waiting = [upper];
  let [bytes, files] = [0, 0];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    try {
      for (const { name, isDirectory } of Deno.readDirSync(path)) {
        if (++files > limits.files) return excess("files", limits);
        const full = `${path}/${name}`;
        if (isDirectory) waiting.push(full);
        else bytes += Deno.lstatSync(full).size;
        if (bytes > limits.diskBytes) return excess("disk", limits);
      }
    } catch (error) {
      // It was removed or replaced meanwhile, has a name that is no text, or lies too deep: not
      // counted.
      const gone = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory;
      if (!gone && !isTooLong(error)) throw error;
    }
  }
  return undefined;
}

function excess(limit: "disk" | "files", limits: UpperLimits): CellExcess {
  const found = limit === "files"
    ? `left more than ${limits.files} new files`
    : `left more than ${mebibytes(limits.diskBytes)} in new files`;
  return { limit, found };
}

function tooMuch(limits: UpperLimits, left: { bytes: number; files: number }): SandboxError {
  const { found } = excess(left.files < 0 ? "files" : "disk", limits);
  return new SandboxError("sandbox/limit", `Cannot keep what scripts wrote: they ${found}`, {
    hint: "Look for the package whose scripts write so much, and report it to its maintainer",
  });
}

function readNames(full: string, path: string, most: number, limits: UpperLimits): string[] {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(full)) {
    if (names.push(name) > most) throw tooMuch(limits, { bytes: 0, files: -1 });
    if (name.includes("\ufffd")) throw strange(path, "its name is not UTF-8");
  }
  return names;
}

function checkName(full: string, parent: string): void {
  // No character takes more than three bytes for each unit of UTF-16.
  if (full.length * 3 <= LONGEST_PATH) return;
  if (new TextEncoder().encode(full).length > LONGEST_PATH) {
    throw strange(`${parent.slice(0, 60)}…`, "its path is longer than any program can open");
  }
}

function strange(parent: string, what: string): SandboxError {
  return new SandboxError(
    "sandbox/special-file",
    `Cannot keep a file below ${quoted(parent)}: ${what}`,
    { subject: parent, hint: "A maintainer script made it; report it to the package's maintainer" },
  );
}

const isTooLong = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "ENAMETOOLONG";

function typeOf(info: Deno.FileInfo, full: string): UpperChange["type"] {
  if (info.isDirectory) return isOpaque(full) ? "opaque" : "dir";
  if (info.isFile) return "file";
  if (info.isSymlink) return "symlink";
  if (info.isCharDevice) return info.rdev === 0 ? "whiteout" : "device";
  if (info.isBlockDevice) return "device";
  return info.isFifo ? "fifo" : "socket";
}

/** Scripts can forge no mark: their overlay hides `user.overlay.*`, and they may not set `trusted.*`. */
function isOpaque(path: string): boolean {
  const mark = readXattr(path, "trusted.overlay.opaque") ?? readXattr(path, "user.overlay.opaque");
  return mark !== undefined && mark[0] === 0x79; // "y"
}
