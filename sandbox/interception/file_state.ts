import { createHash } from "node:crypto";
import { type FileStat, LibcError, readUnfollowed } from "@apt-ostree/base";
import type { FileState } from "./record.ts";

/** Bytes of a file above which it is not read for the record. */
export const MOST_HASHED = 1024 ** 3;

const FORMATS: Readonly<Record<number, FileState["type"]>> = {
  0o100000: "file",
  0o040000: "dir",
  0o120000: "symlink",
  0o010000: "fifo",
  0o140000: "socket",
};

/**
 * State of a path, and its content.
 *
 * @param stat What the kernel said just now; the path may be another by the time it is read.
 * @param most Bytes above which the content is not read. @default {MOST_HASHED}
 */
export function readFileState(path: string, stat: FileStat, most = MOST_HASHED): FileState {
  const type = FORMATS[stat.format] ?? "device";
  const state = { type, mode: stat.mode, uid: stat.uid, gid: stat.gid };
  if (type === "symlink") return { ...state, target: readTarget(path) };
  if (type !== "file") return state;
  const sha256 = stat.size > most ? undefined : digest(path);
  return { ...state, size: stat.size, ...(sha256 ? { sha256 } : {}) };
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
