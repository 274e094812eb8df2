import { createHash } from "node:crypto";
import { corruptObject, missingObject, ObjectError } from "./error.ts";
import { decodeDirMeta, type DirMeta } from "./object/dir_meta.ts";
import { decodeDirTree, type DirTree } from "./object/dir_tree.ts";
import { MAX_METADATA_SIZE, type ObjectType } from "./object/name.ts";
import type { ObjectSource } from "./stored_content.ts";

/**
 * Bytes of a metadata object, checked against its checksum.
 *
 * @throws {ObjectError} `object/not-found`, `object/corrupt`, `object/too-large`.
 */
export function readMetadata(
  source: ObjectSource,
  checksum: string,
  type: "dirtree" | "dirmeta" | "commit",
): Uint8Array<ArrayBuffer> {
  const bytes = readSmall(source, checksum, type);
  if (!bytes) throw missing(source, checksum, type);
  if (createHash("sha256").update(bytes).digest("hex") !== checksum) {
    throw corruptObject(checksum, type, "its bytes have another checksum");
  }
  return bytes;
}

/** Read a directory's content. @throws {ObjectError} As {@linkcode readMetadata}. */
export function readDirTree(source: ObjectSource, checksum: string): DirTree {
  return decodeDirTree(readMetadata(source, checksum, "dirtree"));
}

/** Read a directory's owner, mode and attributes. @throws {ObjectError} As {@linkcode readMetadata}. */
export function readDirMeta(source: ObjectSource, checksum: string): DirMeta {
  return decodeDirMeta(readMetadata(source, checksum, "dirmeta"));
}

/**
 * Bytes of an object that is no content; `undefined` where it is not there.
 *
 * @throws {ObjectError} `object/too-large`.
 */
export function readSmall(
  source: ObjectSource,
  checksum: string,
  type: ObjectType,
): Uint8Array<ArrayBuffer> | undefined {
  const path = source.objectPath(checksum, type);
  try {
    const { size, isFile } = Deno.lstatSync(path);
    if (!isFile) throw corruptObject(checksum, type, "it is no regular file");
    if (size > MAX_METADATA_SIZE) {
      throw new ObjectError("object/too-large", `Cannot read ${type} ${checksum}: ${size} bytes`, {
        subject: checksum,
        hint: `No reader takes more than ${MAX_METADATA_SIZE}`,
      });
    }
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function missing(source: ObjectSource, checksum: string, type: ObjectType): ObjectError {
  if (type === "commit" && readSmall(source, checksum, "tombstone-commit")) {
    const message = `Cannot read commit ${checksum}: it was deleted on purpose`;
    return new ObjectError("object/not-found", message, {
      subject: checksum,
      hint: "Its tombstone is there; pull it again if you need it",
    });
  }
  return missingObject(checksum, type, source.path);
}
