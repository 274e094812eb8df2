import { createHash } from "node:crypto";
import { contentPieces, type Repo, type Tree } from "@apt-ostree/ostree";
import type { FileOwners } from "../packages/file_owners.ts";

/** A regular file of a commit. */
export interface InventoryFile {
  /** In the commit, without leading slash. */
  readonly path: string;
  /** SHA-1 of its bytes, which SPDX wants; lower-case hexadecimal digits. */
  readonly sha1: string;
  /** SHA-256 of its bytes. Its object's checksum is another: owner and mode are part of that. */
  readonly sha256: string;
}

/** Files by the name of their owner in dpkg's database; "" stands for nobody. */
export type FilesByOwner = ReadonlyMap<string, readonly InventoryFile[]>;

/** Read all regular files of a tree and digest them, each object once; sorted by path. */
export async function digestFiles(
  repo: Repo,
  tree: Tree,
  owners: FileOwners,
): Promise<FilesByOwner> {
  const files = new Map<string, InventoryFile[]>();
  const known = new Map<string, Omit<InventoryFile, "path">>();
  for (const [path, entry] of tree.walk()) {
    if (entry.type !== "file" || tree.linkTarget(path) !== undefined) continue;
    let sums = known.get(entry.checksum);
    if (!sums) known.set(entry.checksum, sums = await digest(repo, entry.checksum));
    const owner = owners.get(path)?.[0] ?? "";
    const list = files.get(owner);
    if (list) list.push({ path, ...sums });
    else files.set(owner, [{ path, ...sums }]);
  }
  return files;
}

async function digest(repo: Repo, checksum: string): Promise<Omit<InventoryFile, "path">> {
  const [sha1, sha256] = [createHash("sha1"), createHash("sha256")];
  for await (const piece of contentPieces(repo, checksum)) {
    sha1.update(piece);
    sha256.update(piece);
  }
  return { sha1: sha1.digest("hex"), sha256: sha256.digest("hex") };
}
