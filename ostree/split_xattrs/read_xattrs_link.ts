import type { Xattr } from "@apt-ostree/base";
import { corruptObject, missingObject } from "../error.ts";
import { MAX_XATTRS_SIZE } from "../object/name.ts";
import { decodeXattrs, type VariantXattrs } from "../object/xattrs.ts";
import type { ObjectSource } from "../stored_content.ts";
import { decodeVariant } from "../variant/decode.ts";

/**
 * Attributes of a file in a repository of mode bare-split-xattrs, from the object beside it.
 *
 * @throws {ObjectError} `object/not-found` if it has none, `object/corrupt` if it cannot be read.
 */
export function readXattrsLink(source: ObjectSource, checksum: string): Xattr[] {
  const path = source.objectPath(checksum, "file-xattrs-link");
  let bytes: Uint8Array;
  try {
    // Written as a file of its own, or as a hard link to a `.file-xattrs` that many share.
    const { isFile, size } = Deno.lstatSync(path);
    if (!isFile || size > MAX_XATTRS_SIZE) {
      throw corruptObject(checksum, "file-xattrs-link", "it is no file, or too large");
    }
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw missingObject(checksum, "file-xattrs-link", source.path);
  }
  return decodeXattrs(decodeVariant("a(ayay)", bytes) as VariantXattrs);
}
