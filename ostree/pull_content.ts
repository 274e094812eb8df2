import { ObjectError } from "./error.ts";
import type { Repo } from "./repo.ts";
import type { Transaction } from "./transaction.ts";

/** Files up to this size go through memory in one piece. */
const SMALL_FILE = 4 * 1024 * 1024;
const PIECE = 1024 * 1024;

/**
 * Bring one content object into a repository, through its checksum.
 *
 * @throws {ObjectError} `object/corrupt` if the source's bytes are not what the checksum says.
 */
export function pullContent(source: Repo, txn: Transaction, checksum: string): void {
  if (txn.has(checksum, "file")) return;
  const { size, ...meta } = source.statFile(checksum);
  const written = meta.type === "symlink"
    ? txn.writeSymlink(meta, meta.target)
    : size <= SMALL_FILE || source.mode === "archive"
    ? txn.writeFile(meta, source.readFile(checksum, { maxSize: Infinity }))
    : stream(source.objectPath(checksum, "file"), txn.fileWriter(meta, size));
  if (written !== checksum) {
    throw new ObjectError(
      "object/corrupt",
      `Cannot pull file ${checksum}: its bytes have another checksum`,
      {
        subject: checksum,
        hint: "Find all damage of the source with: ostree fsck",
      },
    );
  }
}

function stream(path: string, writer: ReturnType<Transaction["fileWriter"]>): string {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(PIECE);
  for (let read; (read = file.readSync(buffer)) !== null;) writer.write(buffer.subarray(0, read));
  return writer.close();
}
