import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { KEEP_ALL, type PathFilter, WITHOUT_DOCUMENTATION } from "../assemble/path_filter.ts";
import { readTreeText } from "../assemble/tree_text.ts";

/** What a base's own treefile says that counts for packages added to it. */
export interface BaseTreefile {
  /** Whether recommended packages come too. @default {true} */
  readonly recommends: boolean;
  /** Which shipped paths are laid out. */
  readonly filter: PathFilter;
}

/** Read the treefile that a composed base carries; a base without one is as a treefile's defaults. */
export function readBaseTreefile(repo: Repo, base: TreeChecksums): BaseTreefile {
  const tree = Tree.fromChecksums(repo, base);
  const text = readTreeText(repo, tree, "usr/share/apt-ostree/treefile.json");
  const fields = text === undefined ? {} : JSON.parse(text) as Record<string, unknown>;
  return {
    recommends: fields["recommends"] !== false,
    filter: fields["documentation"] === false ? WITHOUT_DOCUMENTATION : KEEP_ALL,
  };
}
