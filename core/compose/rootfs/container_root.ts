import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { readVarLines } from "../../layer/open_deployment.ts";
import { readAccounts } from "../postprocess/accounts.ts";

/**
 * Turn a tree of the form that libostree deploys into the root of a container: /etc in its place, and
 * /var filled with what hosts fill it with at boot, since a container may never boot.
 *
 * All else stays, so that an image of it can still be deployed.
 */
export function makeContainerRoot(repo: Repo, txn: Transaction, tree: Tree): void {
  tree.rename("usr/etc", "etc");
  const { users, groups } = readAccounts(repo, tree);
  const uids = new Map(users.map(({ name, uid }) => [name, uid]));
  const gids = new Map(groups.map(({ name, gid }) => [name, gid]));
  const id = (name: string, ids: ReadonlyMap<string, number>) =>
    /^\d+$/.test(name) ? Number(name) : ids.get(name) ?? 0;
  for (const [entry, own] of readVarLines(repo, tree)) {
    const path = entry.path.slice(1);
    if (path === "var") continue;
    tree.mkdir(path.slice(0, path.lastIndexOf("/")));
    if (entry.type === "directory") {
      tree.mkdir(path);
      tree.setMeta(path, {
        uid: id(entry.user, uids),
        gid: id(entry.group, gids),
        mode: entry.mode,
      });
    } else if (tree.lookup(path)) continue;
    else if (entry.type === "symlink") tree.putLink(txn, path, entry.target);
    else if (own) {
      const source = tree.lookup(entry.source.slice(1));
      if (source?.type === "file") tree.putFile(path, source.checksum);
    }
  }
}
