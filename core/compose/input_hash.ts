import { createHash } from "node:crypto";
import type { TreeChecksums } from "@apt-ostree/ostree";
import type { PackageId } from "../import/package_ref.ts";
import type { ReadTreefile } from "../treefile/read_treefile.ts";
import type { OstreeLayers } from "./postprocess/add_layers.ts";

/** Changes when the same inputs give another tree. */
const COMPOSE_VERSION = 5;

/** Digest over all that decides about a tree: the treefile's meaning and every package's bytes. */
export function treeInputHash(
  read: ReadTreefile,
  basearch: string,
  packages: readonly (PackageId & { readonly sha256: string })[],
  layers: OstreeLayers,
): string {
  const hash = createHash("sha256").update(`${COMPOSE_VERSION}\0${basearch}\0${read.digest}`);
  for (const { name, version, architecture, sha256 } of packages) {
    hash.update(`\0${name}\0${version}\0${architecture}\0${sha256}`);
  }
  const { plain, override } = layers;
  return hash.update(JSON.stringify({ plain, override })).digest("hex");
}

/** Digest over what decides about a commit of a tree that was made, or edited, by other means. */
export function editedInputHash(read: ReadTreefile, basearch: string, root: TreeChecksums): string {
  const what = `${COMPOSE_VERSION}\0${basearch}\0${read.digest}\0${root.dirtree}\0${root.dirmeta}`;
  return createHash("sha256").update(what).digest("hex");
}
