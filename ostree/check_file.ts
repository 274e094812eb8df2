import { ObjectError } from "./error.ts";
import { contentHash } from "./object/content.ts";
import type { Repo } from "./repo.ts";

const PIECE = 1024 * 1024;
/** A file of an archive that says it unpacks to more is not unpacked to find out. */
const LARGEST_UNPACKED = 4 * 1024 ** 3;

/**
 * Check a content object against its checksum, in bounded memory where the repository is no archive.
 *
 * @throws {ObjectError} `object/corrupt`, `object/not-found`, `object/too-large`.
 */
export function checkFile(repo: Repo, checksum: string): void {
  const { size: _, ...meta } = repo.statFile(checksum);
  if (meta.type === "file" && repo.mode === "archive") {
    repo.readFile(checksum, { maxSize: LARGEST_UNPACKED });
    return;
  }
  const hash = contentHash(meta);
  if (meta.type === "file") {
    using file = Deno.openSync(repo.objectPath(checksum, "file"));
    const buffer = new Uint8Array(PIECE);
    for (let read; (read = file.readSync(buffer)) !== null;) hash.update(buffer.subarray(0, read));
  }
  if (hash.digest("hex") === checksum) return;
  throw new ObjectError(
    "object/corrupt",
    `Cannot trust file ${checksum}: it has another checksum`,
    {
      subject: checksum,
      hint: "Pull the commit again from a repository that is whole",
    },
  );
}
