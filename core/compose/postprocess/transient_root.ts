import type { Repo, Tree } from "@apt-ostree/ostree";
import { readTreeText } from "../../assemble/tree_text.ts";
import { ComposeError } from "../../error.ts";

/** Where a tree says how its root is prepared; the first one that is there counts. */
const PLACES = ["etc/ostree/prepare-root.conf", "usr/lib/ostree/prepare-root.conf"];

/**
 * Whether hosts get a root that can be written to, and forgets all when they stop.
 *
 * @throws {ComposeError} `compose/transient-root` if there is to be a link instead of the directory /tmp.
 * @see ostree-prepare-root(1), section `root`
 */
export function hasTransientRoot(
  repo: Repo,
  tree: Tree,
  options: { readonly tmpIsDir: boolean },
): boolean {
  const place = PLACES.find((path) => tree.lookup(tree.real(path)) !== undefined);
  if (place === undefined || !isTransient(readTreeText(repo, tree, place) ?? "")) return false;
  if (options.tmpIsDir) return true;
  throw new ComposeError(
    "compose/transient-root",
    `Cannot lay out the tree: "/${place}" makes its root transient, and tmp-is-dir is false`,
    {
      subject: `/${place}`,
      hint: "Leave tmp-is-dir out of the treefile, or the key out of the file",
    },
  );
}

/** Read `transient` of the section `root`, as a key file of GLib writes truth. */
function isTransient(text: string): boolean {
  let section = "";
  let transient = false;
  for (const line of text.split("\n")) {
    section = /^\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const value = /^transient\s*=\s*(\S+)\s*$/.exec(line)?.[1];
    if (section === "root" && value !== undefined) transient = value === "true" || value === "1";
  }
  return transient;
}
