import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DpkgDatabase } from "../../assemble/dpkg_database.ts";
import { DPKG_DATABASE, DPKG_LINK_TARGET, USR_MERGE_LINKS } from "../../assemble/root_layout.ts";
import { ComposeError } from "../../error.ts";
import { dpkgArchitecture } from "../../treefile/architecture.ts";

/**
 * `open`: /etc and /var are in their places, programs can run in it. `deployable`: /etc is /usr/etc, as
 * libostree deploys it.
 */
export type RootfsForm = "open" | "deployable";

/** Where dpkg itself keeps its database. */
const DPKG_PLACE = "var/lib/dpkg";

/**
 * Make sure that a tree is a whole Debian system of this machine's architecture, whoever made it, and
 * move dpkg's database to where images have it.
 *
 * @param path The directory as the user named it, for messages.
 * @param basearch The kernel's name of the architecture.
 * @throws {ComposeError} `compose/no-rootfs`, `compose/foreign-rootfs`, `compose/unfinished-packages`.
 */
export function adoptRootfs(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  path: string,
  basearch: string,
): RootfsForm {
  const form = formOf(tree, path);
  for (const [link] of USR_MERGE_LINKS) {
    if (tree.isDir(link)) {
      throw noRootfs(path, `its "/${link}" is a directory`, "Install usrmerge in it");
    }
  }
  if (!tree.lookup(`${DPKG_DATABASE}/status`) && tree.lookup(`${DPKG_PLACE}/status`)) {
    tree.remove(DPKG_DATABASE);
    tree.mkdir(DPKG_DATABASE.slice(0, DPKG_DATABASE.lastIndexOf("/")));
    tree.rename(DPKG_PLACE, DPKG_DATABASE);
    tree.putLink(txn, DPKG_PLACE, DPKG_LINK_TARGET);
  }
  if (!tree.lookup(`${DPKG_DATABASE}/status`)) {
    throw noRootfs(path, "it has no dpkg database", "Name the root of a Debian system");
  }
  const database = new DpkgDatabase(repo, tree);
  checkArchitecture(database, path, dpkgArchitecture(basearch));
  const unfinished = database.unfinished();
  if (unfinished.length > 0) {
    throw new ComposeError(
      "compose/unfinished-packages",
      `Cannot commit "${path}": packages are not configured: ${unfinished.slice(0, 5).join(", ")}`,
      { subject: unfinished[0]!, hint: "Configure them in it: chroot ROOTFS dpkg --configure -a" },
    );
  }
  return form;
}

function formOf(tree: Tree, path: string): RootfsForm {
  const has = (dir: string) => tree.isDir(dir) && !tree.isEmpty(dir);
  const [etc, usrEtc] = [has("etc"), has("usr/etc")];
  if (etc && usrEtc) {
    throw noRootfs(path, 'it has both "/etc" and "/usr/etc"', "Remove the one that is left over");
  }
  if (!tree.isDir("usr") || (!tree.isDir("etc") && !usrEtc)) {
    throw noRootfs(path, 'it has no "/usr", or no "/etc"', "Name the root of a Debian system");
  }
  return usrEtc ? "deployable" : "open";
}

/** dpkg and base-files are of the architecture that the system is of. */
function checkArchitecture(database: DpkgDatabase, path: string, native: string): void {
  const found = database.versions().find(({ name }) => name === "dpkg" || name === "base-files");
  if (!found || found.architecture === native) return;
  throw new ComposeError(
    "compose/foreign-rootfs",
    `Cannot use "${path}": it is of architecture ${found.architecture}, this machine of ${native}`,
    { subject: path, hint: `Use a machine of ${found.architecture}` },
  );
}

function noRootfs(path: string, what: string, hint: string): ComposeError {
  return new ComposeError("compose/no-rootfs", `Cannot use "${path}" as a root: ${what}`, {
    subject: path,
    hint,
  });
}
