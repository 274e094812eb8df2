import { dirname } from "@std/path";
import {
  exchangePaths,
  LibcError,
  pathExists,
  type Progress,
  syncFilesystem,
} from "@apt-ostree/base";
import { checkoutTree, type Repo, type TreeChecksums } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";
import type { Scratch } from "./scratch.ts";

/** How {@linkcode writeRootfs} goes about it. */
export interface WriteRootfsOptions {
  /** Temporary directory beside the destination. */
  readonly scratch: Scratch;
  /** Whether a directory that stands there is replaced; else nothing may stand there. */
  readonly replace: boolean;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/**
 * Lay a tree out as a directory of files that belong to nobody else.
 *
 * It is made aside and put in its place when it is whole and on the disk: whatever ends this process,
 * there is the old directory or the new one.
 *
 * @throws {ComposeError} `compose/in-the-way`, `compose/not-replaceable`.
 */
export async function writeRootfs(
  repo: Repo,
  root: TreeChecksums,
  dest: string,
  options: WriteRootfsOptions,
): Promise<void> {
  const { scratch, replace, signal, progress } = options;
  if (!replace) refuseExisting(dest);
  const start = performance.now();
  const phase = "write";
  progress?.({ type: "phase-start", phase, title: `Writing ${dest}` });
  const made = scratch.join("rootfs");
  const { files } = await checkoutTree(repo, root, made, {
    how: "copy",
    ...(signal ? { signal } : {}),
  });
  syncFilesystem(made);
  signal?.throwIfAborted();
  if (replace) exchange(made, dest);
  else moveTo(made, dest);
  const ms = performance.now() - start;
  progress?.({ type: "phase-end", phase, done: files, ms, summary: `${files} files` });
}

function exchange(made: string, dest: string): void {
  try {
    exchangePaths(made, dest);
  } catch (cause) {
    if (!(cause instanceof LibcError)) throw cause;
    throw new ComposeError(
      "compose/not-replaceable",
      `Cannot replace "${dest}": its filesystem cannot exchange it for another (errno ${cause.errno})`,
      {
        subject: dest,
        hint:
          "Use a directory on ext4, XFS, Btrfs or tmpfs that is no mount point; it was not changed",
        cause,
      },
    );
  }
}

/** @throws {ComposeError} `compose/in-the-way` if something stands at a path. */
export function refuseExisting(dest: string): void {
  if (!pathExists(dest)) return;
  throw inTheWay(dest);
}

function moveTo(made: string, dest: string): void {
  try {
    Deno.mkdirSync(dirname(dest), { recursive: true });
    refuseExisting(dest);
    Deno.renameSync(made, dest);
  } catch (cause) {
    // Somebody put it there meanwhile.
    if (cause instanceof Error && "code" in cause && cause.code === "ENOTEMPTY") {
      throw inTheWay(dest, cause);
    }
    throw cause;
  }
}

function inTheWay(dest: string, cause?: unknown): ComposeError {
  return new ComposeError("compose/in-the-way", `Cannot write to "${dest}": it is there already`, {
    subject: dest,
    hint: "Remove it, or name another place",
    cause,
  });
}
