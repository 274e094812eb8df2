import { type CompressionFormat, decompress } from "@apt-ostree/base";
import type { Manifest, OciLayout } from "@apt-ostree/oci";
import { TarImport, type Transaction, Tree } from "@apt-ostree/ostree";

/** First bytes of what compressors write. */
const MAGIC: readonly (readonly [start: readonly number[], format: CompressionFormat])[] = [
  [[0x1f, 0x8b], "gz"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zst"],
];

/**
 * The tree of an image: its layers one upon the other, with what their whiteouts remove.
 *
 * How a layer is compressed is seen by its bytes: what comes out of local stores says one thing and is
 * another. Devices, FIFOs and sockets, which no commit can hold, are left out.
 *
 * @throws {OciError} {@linkcode TreeError} {@linkcode TarError} {@linkcode RunError} If a layer is damaged.
 */
export async function flattenLayers(
  txn: Transaction,
  layout: OciLayout,
  manifest: Manifest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Tree> {
  const tree = Tree.empty(txn);
  for (const layer of manifest.layers) {
    const format = formatOf(layout.blobPath(layer.digest));
    using target = new TarImport(txn, tree, { whiteouts: true, special: "skip" });
    const pieces = layout.blobPieces(layer);
    await decompress(format, pieces, (piece) => target.feed(piece), options);
    target.close();
  }
  return tree;
}

function formatOf(path: string): CompressionFormat {
  using file = Deno.openSync(path);
  const start = new Uint8Array(4);
  file.readSync(start);
  const found = MAGIC.find(([magic]) => magic.every((byte, at) => start[at] === byte));
  return found?.[1] ?? "none";
}
