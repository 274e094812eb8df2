import { LibcError, readUnfollowed, statUnfollowed } from "@apt-ostree/base";
import type { Repo } from "@apt-ostree/ostree";
import type { InstalledPackage } from "../assemble/installed_package.ts";
import type { PreviewFile, PreviewState } from "./file_changes.ts";

/** A path of /etc that both the administrator and the new tree have changed. */
export interface EtcMerge {
  /** Absolute path. */
  readonly path: string;
  /** What was done to it on this host. */
  readonly local: "added" | "changed" | "removed";
  /** What the new tree does to it. */
  readonly update: "added" | "changed" | "removed";
  /** Whether both came to the same. */
  readonly same: boolean;
  /** The package whose conffile it is; absent for all else. */
  readonly package?: string;
}

const S_IFMT_TYPES: Readonly<Record<number, PreviewState["type"]>> = {
  0o100000: "file",
  0o040000: "dir",
  0o120000: "symlink",
};

/**
 * Where local changes meet changes of the new tree.
 *
 * libostree keeps what was changed on the host, whatever the new tree brings: these are the places where
 * that is worth a look. All other local changes stay as they are, and all other files become the new
 * ones.
 *
 * @param etc Directory /etc of the deployment as it is now.
 * @param files What differs between the deployment's own tree and the new one.
 * @param packages Packages before and after.
 */
export function etcMerges(
  repo: Repo,
  etc: string,
  files: readonly PreviewFile[],
  packages: Iterable<InstalledPackage>,
): EtcMerge[] {
  const owners = new Map<string, string>();
  for (const each of packages) {
    for (const { path } of each.conffiles) owners.set(path, each.id.name);
  }
  const merges: EtcMerge[] = [];
  for (const { path, before, after } of files) {
    if (!path.startsWith("/usr/etc/")) continue;
    const name = path.slice("/usr/etc/".length);
    const place = `${etc}/${name}`;
    const local = localChange(repo, place, before);
    if (local === undefined) continue;
    // Directories are no conflict: what is in them is looked at path by path.
    const found = statUnfollowed(place);
    const types = [before?.type, after?.type, found && S_IFMT_TYPES[found.format]];
    if (types.every((type) => type === undefined || type === "dir")) continue;
    const owner = owners.get(`/etc/${name}`);
    merges.push({
      path: `/etc/${name}`,
      local,
      update: before ? (after ? "changed" : "removed") : "added",
      same: localChange(repo, place, after) === undefined,
      ...(owner === undefined ? {} : { package: owner }),
    });
  }
  return merges;
}

/** What was done on the host to a path that the tree has in some state; nothing, if nothing. */
function localChange(
  repo: Repo,
  path: string,
  shipped: PreviewState | undefined,
): EtcMerge["local"] | undefined {
  const stat = statUnfollowed(path);
  if (!stat) return shipped && "removed";
  if (!shipped) return "added";
  const { type, uid, gid, mode } = shipped;
  if (S_IFMT_TYPES[stat.format] !== type || stat.uid !== uid || stat.gid !== gid) return "changed";
  if (type !== "symlink" && stat.mode !== mode) return "changed";
  if (type === "symlink") return Deno.readLinkSync(path) === shipped.target ? undefined : "changed";
  if (type === "dir") return undefined;
  if (stat.size !== shipped.size) return "changed";
  return isContent(path, repo.readFile(shipped.object!)) ? undefined : "changed";
}

function isContent(path: string, bytes: Uint8Array): boolean {
  let at = 0;
  let same = true;
  try {
    readUnfollowed(path, (piece) => {
      same &&= piece.every((byte, index) => byte === bytes[at + index]);
      at += piece.length;
    });
  } catch (error) {
    if (error instanceof LibcError) return false;
    throw error;
  }
  return same && at === bytes.length;
}
