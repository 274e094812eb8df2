import { TarReader, TarWriter } from "@apt-ostree/base";
import { canonicalJson } from "./canonical_json.ts";
import { type Descriptor, MEDIA_TYPE } from "./descriptor.ts";
import {
  checkBlob,
  LAYOUT_FILE,
  MAX_JSON,
  missingBlob,
  type OciLayout,
  parseIndex,
  pickManifest,
  REF_NAME,
} from "./layout.ts";
import { OciError } from "./error.ts";
import { parseManifest } from "./manifest.ts";

const PIECE = 1024 * 1024;
const FILE = { type: "file", mode: 0o644 } as const;

/**
 * Write an image of a layout as an `oci-archive`: a tar archive that is a layout with this image alone.
 *
 * The same image gives the same bytes. The file shows when it is whole.
 *
 * @param tag What names it inside; none where it is left out.
 */
export function writeArchive(
  layout: OciLayout,
  descriptor: Descriptor,
  file: string,
  tag?: string,
): void {
  const manifest = parseManifest(layout.readBlob(descriptor), layout.path);
  const blobs = new Map(
    [descriptor, manifest.config, ...manifest.layers].map((each) => [each.digest, each] as const),
  );
  const partial = `${file}.new`;
  using unfinished = new DisposableStack();
  unfinished.defer(() => Deno.removeSync(partial));
  using output = Deno.openSync(partial, { write: true, create: true, truncate: true });
  const tar = new TarWriter((bytes) => {
    for (let at = 0; at < bytes.length;) at += output.writeSync(bytes.subarray(at));
  });
  for (const path of ["blobs", "blobs/sha256"]) tar.entry({ type: "dir", path, mode: 0o755 });
  for (const [digest, blob] of [...blobs].sort(([a], [b]) => a < b ? -1 : 1)) {
    tar.entry({ ...FILE, path: `blobs/${digest.replace(":", "/")}`, size: blob.size });
    for (const piece of layout.blobPieces(blob)) tar.data(piece);
  }
  const put = (path: string, bytes: Uint8Array) => {
    tar.entry({ ...FILE, path, size: bytes.length });
    tar.data(bytes);
  };
  const { annotations: _, ...plain } = descriptor;
  const named = tag === undefined ? plain : { ...plain, annotations: { [REF_NAME]: tag } };
  put(
    "index.json",
    canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests: [named] }),
  );
  put("oci-layout", LAYOUT_FILE);
  tar.close();
  Deno.renameSync(partial, file);
  unfinished.move(); // it is whole: nothing is removed
}

/**
 * Manifest and configuration of an image in an `oci-archive`, checked against their digests.
 *
 * @returns Bytes of both.
 * @throws {OciError} `oci/not-found`, `oci/bad-layout`, `oci/corrupt`. @throws {TarError}
 */
export function readArchive(
  file: string,
  tag?: string,
): { readonly manifest: Uint8Array; readonly config: Uint8Array } {
  const index = readMembers(file, ["index.json"]).get("index.json");
  if (!index) {
    throw new OciError("oci/bad-layout", `Cannot read image archive "${file}": no index.json`, {
      subject: file,
    });
  }
  const blob = (descriptor: Descriptor) => {
    const name = `blobs/${descriptor.digest.replace(":", "/")}`;
    const bytes = readMembers(file, [name]).get(name);
    if (!bytes) throw missingBlob(descriptor.digest, file);
    return checkBlob(descriptor, bytes);
  };
  const manifest = blob(pickManifest(parseIndex(index, file), tag, file));
  return { manifest, config: blob(parseManifest(manifest, file).config) };
}

/** Small files of a tar archive by name. */
function readMembers(file: string, names: readonly string[]): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let current: { readonly name: string; readonly bytes: Uint8Array; at: number } | undefined;
  const reader = new TarReader({
    entry({ type, path, size }) {
      const name = path.replace(/^\.\//, "");
      if (type !== "file" || !names.includes(name) || size > MAX_JSON) return;
      current = { name, bytes: new Uint8Array(size), at: 0 };
      found.set(name, current.bytes);
    },
    data(piece) {
      if (!current) return;
      current.bytes.set(piece, current.at);
      current.at += piece.length;
    },
    end: () => current = undefined,
  });
  let input: Deno.FsFile;
  try {
    input = Deno.openSync(file);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new OciError("oci/not-found", `Cannot read image archive "${file}": it is not there`, {
      subject: file,
      cause,
    });
  }
  using _open = input;
  const buffer = new Uint8Array(PIECE);
  for (let read; (read = input.readSync(buffer)) !== null;) reader.feed(buffer.subarray(0, read));
  reader.close();
  return found;
}
