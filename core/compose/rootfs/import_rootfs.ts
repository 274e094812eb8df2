import type { Progress } from "@apt-ostree/base";
import { importDirectory, type Repo, type TreeChecksums } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";
import { MOUNT_POINTS } from "../mount_points.ts";

/**
 * Write a root file system, as it lies in a directory, as a tree.
 *
 * Directories that belong to the kernel or the host are empty there. Devices, FIFOs and sockets are left
 * out with a warning; what an overlay marks as removed is kept as libostree keeps it.
 *
 * @param path Directory.
 * @throws {ComposeError} `compose/no-rootfs` if it is none, `compose/needs-root` if its files belong to
 * somebody whom this process cannot see.
 */
export async function importRootfs(
  repo: Repo,
  path: string,
  options: { readonly signal?: AbortSignal; readonly progress?: Progress } = {},
): Promise<TreeChecksums> {
  requireRootfs(path);
  const start = performance.now();
  const phase = "read";
  options.progress?.({ type: "phase-start", phase, title: `Reading ${path}` });
  const left: string[] = [];
  using txn = repo.transaction();
  const root = await importDirectory(txn, path, {
    hollow: MOUNT_POINTS,
    onSpecial: (full) => left.push(full.slice(path.length)),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  txn.commit({ sync: false }); // whoever commits or writes it back waits for the disk
  const ms = performance.now() - start;
  options.progress?.({ type: "phase-end", phase, done: 1, ms });
  if (left.length > 0) {
    const text = `Left out, since no commit can hold them: ${left.sort().join(", ")}`;
    options.progress?.({ type: "message", level: "warning", text });
  }
  return root;
}

/** Make sure that a directory can be a root file system. @throws {ComposeError} As {@linkcode importRootfs}. */
export function requireRootfs(path: string): void {
  const found = lookAt(path);
  if (found !== undefined && typeof found !== "string" && found.uid === 0) return;
  if (found === undefined || typeof found === "string") {
    throw new ComposeError(
      "compose/no-rootfs",
      `Cannot read root file system "${path}": ${found ?? "it does not exist"}`,
      { subject: path, hint: "Make one with: apt-ostree compose install TREEFILE DESTDIR" },
    );
  }
  throw new ComposeError(
    "compose/needs-root",
    `Cannot read root file system "${path}": it belongs to user ${found.uid}, and not to root`,
    { subject: path, hint: "Run this as the one who made it, or as root" },
  );
}

function lookAt(path: string): Deno.FileInfo | string | undefined {
  try {
    const info = Deno.lstatSync(path);
    return info.isDirectory ? info : "it is no directory";
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) return "it is no directory";
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}
