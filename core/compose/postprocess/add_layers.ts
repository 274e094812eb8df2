import { pullLocal, type Repo, Tree, uniteTrees } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";

/** Commits whose files are added to a tree, resolved. */
export interface OstreeLayers {
  /** Their files must not be in the way of others. */
  readonly plain: readonly string[];
  /** Their files replace others. */
  readonly override: readonly string[];
}

/** Find the commits of layers. @throws {RepoError} If the repository lacks one. */
export function resolveLayers(
  repo: Repo,
  treefile: {
    readonly ostreeLayers: readonly string[];
    readonly ostreeOverrideLayers: readonly string[];
  },
): OstreeLayers {
  return {
    plain: treefile.ostreeLayers.map((rev) => repo.requireRev(rev)),
    override: treefile.ostreeOverrideLayers.map((rev) => repo.requireRev(rev)),
  };
}

/**
 * Add the files of other commits to a tree whose /etc is in its own place.
 *
 * @throws {ComposeError} `compose/layer-conflict` with layer and path.
 */
export async function addLayers(
  source: Repo,
  work: Repo,
  tree: Tree,
  layers: OstreeLayers,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const all = [...layers.plain, ...layers.override];
  if (all.length === 0) return;
  if (source.path !== work.path) await pullLocal(source, work, all, options);
  for (const commit of all) {
    const layer = Tree.fromCommit(work, commit);
    if (layer.isDir("usr/etc")) layer.rename("usr/etc", "etc");
    // Of a directory in both the tree's owner and mode stay.
    uniteTrees(tree, layer, ({ ours, theirs, path }) => {
      if (ours?.type === "dir" && theirs?.type === "dir") return "ours";
      if (layers.override.includes(commit)) return "theirs";
      throw new ComposeError(
        "compose/layer-conflict",
        `Cannot add layer ${commit}: "/${path}" is in the tree already and differs`,
        { subject: `/${path}`, hint: "Use ostree-override-layers for files that replace others" },
      );
    });
  }
}
