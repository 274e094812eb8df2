import { contentPieces } from "./content_pieces.ts";
import { statContent } from "./stored_content.ts";
import type { Repo } from "./repo.ts";

/**
 * Check a content object against its checksum, in bounded memory.
 *
 * @throws {ObjectError} `object/corrupt`, `object/not-found`.
 */
export async function checkFile(repo: Repo, checksum: string): Promise<void> {
  if (statContent(repo, checksum).type === "symlink") return; // its checksum is known to be right
  for await (const _ of contentPieces(repo, checksum));
}
