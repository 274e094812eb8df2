import { RefError } from "./error.ts";
import { refPath } from "./ref.ts";
import { writeAll } from "./object_store.ts";

/** What a ref becomes: a commit, the name of another local ref, or nothing. */
export type RefChange =
  | { readonly type: "commit"; readonly checksum: string }
  | { readonly type: "alias"; readonly ref: string }
  | { readonly type: "delete" };

/**
 * Change a ref's file, in one step: readers see the old one or the new one.
 *
 * @param repo Path of the repository.
 * @param temporary Path on the same filesystem that this call may use.
 * @throws {RefError} `ref/exists` if a ref stands where this one needs a directory, or refs below it.
 */
export function writeRef(
  repo: string,
  refspec: string,
  change: RefChange,
  temporary: string,
): void {
  const path = `${repo}/refs/${refPath(refspec)}`;
  if (change.type === "delete") return removeFile(path);
  try {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (change.type === "alias") {
      removeFile(temporary);
      const up = "../".repeat(refspec.split("/").length - 1);
      Deno.symlinkSync(up + change.ref, temporary);
    } else writeSynced(temporary, `${change.checksum}\n`);
    Deno.renameSync(temporary, path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!["ENOTDIR", "EEXIST", "EISDIR", "ENOTEMPTY"].includes(code)) throw cause;
    throw new RefError("ref/exists", `Cannot set ref "${refspec}": others are in its way`, {
      subject: refspec,
      hint: "A name cannot be both a ref and the beginning of others: look at ostree refs",
      cause,
    });
  }
}

function writeSynced(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o644 });
  writeAll(file, new TextEncoder().encode(text));
  file.syncDataSync();
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!gone) throw error;
  }
}
