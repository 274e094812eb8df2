import { createHash } from "node:crypto";
import { canonicalJson, parseJsonMap } from "./canonical_json.ts";
import { BlobWriter, sweepBlobs } from "./blob_writer.ts";
import { type Descriptor, digestOf, MEDIA_TYPE, parseDescriptor } from "./descriptor.ts";
import { OciError } from "./error.ts";

/** Annotation of a descriptor in a layout's index that is the image's tag. */
export const REF_NAME = "org.opencontainers.image.ref.name";
/** Bytes of `oci-layout`, the file that makes a directory a layout. */
export const LAYOUT_FILE: Uint8Array = canonicalJson({ imageLayoutVersion: "1.0.0" });
/** Most bytes of a manifest, a configuration or an index that are read. */
export const MAX_JSON = 16 * 1024 * 1024;

const PIECE = 1024 * 1024;

/** An OCI image layout in a directory: images by tag, blobs by digest. */
export class OciLayout {
  /** The directory. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Make a layout, or open the one that is there; what dead writers left in it is removed.
   *
   * @throws {OciError} `oci/bad-layout` if other files are there.
   */
  static create(path: string): OciLayout {
    Deno.mkdirSync(path, { recursive: true });
    if (exists(`${path}/oci-layout`)) {
      const layout = OciLayout.open(path);
      sweepBlobs(`${path}/blobs/sha256`);
      return layout;
    }
    for (const { name } of Deno.readDirSync(path)) {
      throw badLayout(path, `"${name}" is there, and no oci-layout`);
    }
    Deno.mkdirSync(`${path}/blobs/sha256`, { recursive: true });
    const layout = new OciLayout(path);
    layout.#writeIndex({ schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests: [] });
    replaceFile(`${path}/oci-layout`, LAYOUT_FILE); // last: before, the directory is no layout
    return layout;
  }

  /** Open a layout. @throws {OciError} `oci/not-found`, `oci/bad-layout`. */
  static open(path: string): OciLayout {
    if (!exists(path)) {
      throw new OciError("oci/not-found", `Cannot open image layout "${path}": it is not there`, {
        subject: path,
      });
    }
    if (!exists(`${path}/oci-layout`)) throw badLayout(path, "it has no oci-layout");
    const version = parseJsonMap(readSmall(`${path}/oci-layout`), path)["imageLayoutVersion"];
    if (version !== "1.0.0") throw badLayout(path, `its version is ${String(version)}`);
    return new OciLayout(path);
  }

  /** Path of a blob's file, whether it is there or not. */
  blobPath(digest: string): string {
    return `${this.path}/blobs/sha256/${digest.slice("sha256:".length)}`;
  }

  /** Begin a blob whose digest shows at its end. */
  blobWriter(): BlobWriter {
    return new BlobWriter(`${this.path}/blobs/sha256`);
  }

  /** Write a small blob. @returns What names it. */
  writeBlob(mediaType: string, bytes: Uint8Array): Descriptor {
    using writer = this.blobWriter();
    writer.write(bytes);
    return { mediaType, ...writer.close() };
  }

  /**
   * Bytes of a small blob, checked against its size and digest.
   *
   * @throws {OciError} `oci/not-found`, `oci/corrupt`, `oci/too-large`.
   */
  readBlob(descriptor: Descriptor, maxSize = MAX_JSON): Uint8Array {
    const { digest, size } = descriptor;
    if (size > maxSize) throw tooLarge(digest, size);
    const path = this.blobPath(digest);
    if (!exists(path)) throw missingBlob(digest, this.path);
    return checkBlob(descriptor, Deno.readFileSync(path));
  }

  /**
   * Read a blob of any size in pieces; its size and digest are checked at the end.
   *
   * @returns Pieces that are valid until the next is asked for.
   * @throws {OciError} `oci/not-found`, `oci/corrupt`.
   */
  *blobPieces(descriptor: Descriptor): Generator<Uint8Array> {
    const path = this.blobPath(descriptor.digest);
    if (!exists(path)) throw missingBlob(descriptor.digest, this.path);
    using file = Deno.openSync(path);
    const hash = createHash("sha256");
    const buffer = new Uint8Array(PIECE);
    let size = 0;
    for (let read; (read = file.readSync(buffer)) !== null;) {
      const piece = buffer.subarray(0, read);
      size += read;
      hash.update(piece);
      yield piece;
    }
    checkDigest(descriptor, size, `sha256:${hash.digest("hex")}`);
  }

  /** Descriptors of the index, in its order; entries of other kinds are left out. */
  manifests(): Descriptor[] {
    return parseIndex(readSmall(`${this.path}/index.json`), this.path);
  }

  /**
   * The image with a tag, or the only one.
   *
   * @throws {OciError} `oci/not-found` if there is none, or if several are there and no tag is given.
   */
  findManifest(tag?: string): Descriptor {
    return pickManifest(this.manifests(), tag, this.path);
  }

  /**
   * Let a tag name an image, in one step; what it named before loses it.
   *
   * Entries of the index that we know nothing about stay.
   */
  setManifest(descriptor: Descriptor, tag: string): void {
    const index = parseJsonMap(readSmall(`${this.path}/index.json`), this.path);
    const entries = Array.isArray(index["manifests"]) ? index["manifests"] as unknown[] : [];
    const others = entries.filter((each) => tagOf(parseDescriptor(each)) !== tag);
    const entry = { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: tag } };
    this.#writeIndex({ ...index, manifests: [...others, entry] });
  }

  #writeIndex(index: object): void {
    replaceFile(`${this.path}/index.json`, canonicalJson(index));
  }
}

/** Descriptors of an index. @throws {OciError} `oci/bad-json`, `oci/bad-layout`. */
export function parseIndex(bytes: Uint8Array, subject: string): Descriptor[] {
  const { manifests } = parseJsonMap(bytes, subject);
  if (!Array.isArray(manifests)) throw badLayout(subject, "its index lists no manifests");
  return manifests.flatMap((each) => parseDescriptor(each) ?? []);
}

/** The image of an index with a tag, or the only one. @throws {OciError} `oci/not-found`. */
export function pickManifest(
  manifests: readonly Descriptor[],
  tag: string | undefined,
  subject: string,
): Descriptor {
  const fit = tag === undefined ? manifests : manifests.filter((each) => tagOf(each) === tag);
  const [found] = fit;
  if (found && (fit.length === 1 || tag !== undefined)) return found;
  const tags = manifests.flatMap((each) => tagOf(each) ?? []);
  const what = tag === undefined ? `it has ${manifests.length} images` : "it has no such tag";
  throw new OciError("oci/not-found", `Cannot find image "${tag ?? ""}" in "${subject}": ${what}`, {
    subject,
    ...(tags.length > 0 ? { hint: `Its tags are ${tags.join(", ")}` } : {}),
  });
}

/** Bytes of a blob, if they are what its descriptor says. @throws {OciError} `oci/corrupt`. */
export function checkBlob(descriptor: Descriptor, bytes: Uint8Array): Uint8Array {
  checkDigest(descriptor, bytes.length, digestOf(bytes));
  return bytes;
}

function checkDigest({ digest, size }: Descriptor, found: number, foundDigest: string): void {
  if (found === size && foundDigest === digest) return;
  const what = found === size ? `its digest is ${foundDigest}` : `it has ${found} bytes`;
  throw new OciError("oci/corrupt", `Cannot read blob ${digest}: ${what}`, { subject: digest });
}

function tagOf(descriptor: Descriptor | undefined): string | undefined {
  return descriptor?.annotations?.[REF_NAME];
}

/** A blob that is not there. */
export function missingBlob(digest: string, where: string): OciError {
  return new OciError("oci/not-found", `Cannot read blob ${digest}: "${where}" lacks it`, {
    subject: digest,
  });
}

function tooLarge(digest: string, size: number): OciError {
  return new OciError("oci/too-large", `Cannot read blob ${digest}: it has ${size} bytes`, {
    subject: digest,
  });
}

function badLayout(path: string, what: string): OciError {
  return new OciError("oci/bad-layout", `Cannot use image layout "${path}": ${what}`, {
    subject: path,
    hint: "Name an empty directory, or one that holds an OCI image layout",
  });
}

function readSmall(path: string): Uint8Array {
  const { size } = Deno.statSync(path);
  if (size > MAX_JSON) throw tooLarge(path, size);
  return Deno.readFileSync(path);
}

function replaceFile(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, bytes);
  Deno.renameSync(`${path}.new`, path);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
