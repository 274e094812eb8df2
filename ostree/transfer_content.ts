import { contentPieces } from "./content_pieces.ts";
import { corruptObject } from "./error.ts";
import type { ContentMeta } from "./object/content.ts";
import { type ObjectSource, readContent, statContent } from "./stored_content.ts";
import type { Transaction } from "./transaction.ts";

/** Files up to this size go through memory in one piece. */
const SMALL_FILE = 4 * 1024 * 1024;

/**
 * Bring one content object into a repository, through its checksum.
 *
 * @throws {ObjectError} `object/corrupt` if the source's bytes are not what the checksum says.
 */
export async function pullContent(
  source: ObjectSource,
  txn: Transaction,
  checksum: string,
): Promise<void> {
  if (txn.has(checksum, "file")) return;
  const written = await rewriteContent(source, txn, checksum, (meta) => meta);
  if (written === checksum) return;
  throw corruptObject(checksum, "file", "this repository's mode cannot hold what it is");
}

/**
 * Write a content object's bytes with another owner, mode or attributes.
 *
 * @param source Where the object lies; the transaction itself where it only waits yet.
 * @param change Gives what the new object is.
 * @returns Checksum of the new object.
 * @throws {ObjectError} `object/corrupt`, `object/not-found`.
 */
export async function rewriteContent(
  source: ObjectSource,
  txn: Transaction,
  checksum: string,
  change: (meta: ContentMeta) => ContentMeta,
): Promise<string> {
  const { size, ...old } = statContent(source, checksum);
  const meta = change(old);
  if (meta.type === "symlink") return txn.writeSymlink(meta, meta.target);
  if (size <= SMALL_FILE) return txn.writeFile(meta, readContent(source, checksum, size));
  const writer = txn.fileWriter(meta, size);
  try {
    for await (const piece of contentPieces(source, checksum)) writer.write(piece);
  } catch (error) {
    writer.abort();
    throw error;
  }
  return writer.close();
}
