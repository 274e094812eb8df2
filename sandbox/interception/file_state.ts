import { createHash } from "node:crypto";
import { LibcError, readUnfollowed } from "@apt-ostree/base";
import type { FileState } from "./record.ts";

/** Bytes of a file above which it is not read for the record. */
const MOST_HASHED = 1024 ** 3;

/**
 * State of a path from what lstat(2) says, and its content.
 *
 * @param info As lstat gave it just now; the file may be another by the time it is read.
 */
export function readFileState(path: string, info: Deno.FileInfo): FileState {
  const owner = { mode: (info.mode ?? 0) & 0o7777, uid: info.uid ?? 0, gid: info.gid ?? 0 };
  if (info.isDirectory) return { type: "dir", ...owner };
  if (info.isSymlink) return { type: "symlink", ...owner, target: readTarget(path) };
  if (info.isFile) {
    const sha256 = info.size > MOST_HASHED ? undefined : digest(path);
    return { type: "file", ...owner, size: info.size, ...(sha256 ? { sha256 } : {}) };
  }
  return { type: info.isFifo ? "fifo" : info.isSocket ? "socket" : "device", ...owner };
}

/** Whether two states of a path are the same. */
export function isSameState(a: FileState | undefined, b: FileState | undefined): boolean {
  if (!a || !b) return a === b;
  // A link's own mode means nothing, and filesystems differ about it.
  const mode = a.type === "symlink" || a.mode === b.mode;
  return mode && a.type === b.type && a.uid === b.uid && a.gid === b.gid && a.size === b.size &&
    a.sha256 === b.sha256 && a.target === b.target;
}

function digest(path: string): string | undefined {
  const hash = createHash("sha256");
  try {
    readUnfollowed(path, (piece) => hash.update(piece), MOST_HASHED);
  } catch (error) {
    if (error instanceof LibcError) return undefined; // gone, or not for us to read
    throw error;
  }
  return hash.digest("hex");
}

function readTarget(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) return ""; // it is no link any more
    throw error;
  }
}
