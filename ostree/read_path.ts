import { contentPieces } from "./content_pieces.ts";
import { TreeError } from "./error.ts";
import type { Repo } from "./repo.ts";
import { Tree } from "./tree/tree.ts";

/**
 * Bytes of a file in a commit, piece by piece; symbolic links are followed inside the tree.
 *
 * Trust the bytes only when the iteration has come to its end.
 *
 * @param rev As {@linkcode Repo.resolveRev} takes it.
 * @param path With or without a leading slash.
 * @throws {RefError} `ref/not-found`. @throws {TreeError} `tree/not-found`, `tree/bad-path` for a
 * directory. @throws {ObjectError} If the object is missing or damaged.
 * @example Usage
 * ```ts
 * import { readPath, Repo } from "@apt-ostree/ostree";
 *
 * async function osRelease(repository: string, ref: string): Promise<string> {
 *   const pieces = readPath(Repo.open(repository), ref, "/usr/lib/os-release");
 *   return await new Response(ReadableStream.from(pieces)).text();
 * }
 * ```
 */
export async function* readPath(
  repo: Repo,
  rev: string,
  path: string,
): AsyncGenerator<Uint8Array, void, void> {
  const tree = Tree.fromCommit(repo, rev);
  const entry = tree.require(tree.real(path));
  if (entry.type === "dir") {
    throw new TreeError("tree/bad-path", `Cannot read "${path}": it is a directory`, {
      subject: path,
      hint: "List what it holds with Tree.list()",
    });
  }
  yield* contentPieces(repo, entry.checksum);
}
