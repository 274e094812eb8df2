import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DpkgDatabase } from "../../assemble/dpkg_database.ts";
import { readAccounts, writeSysusers } from "./accounts.ts";
import { cleanEtc } from "./clean_etc.ts";
import { emptyVar, type VarReport } from "./empty_var.ts";
import { moveHomeDirectories } from "./home_directories.ts";
import { writeHostKeysUnit } from "./host_keys.ts";
import { hasStateOverlays, writeStateOverlays } from "./state_overlays.ts";
import { hasTransientRoot } from "./transient_root.ts";
import { ROOT_DIRECTORIES, ROOT_LINKS } from "../../assemble/root_layout.ts";
import type { OptUsrlocal } from "../../treefile/treefile.ts";

/** What a deployment's layout leaves to choice. */
export interface DeploymentLayout {
  /** Whether /tmp is a directory; else it leads to /sysroot/tmp. */
  readonly tmpIsDir: boolean;
  /** Whether /opt and /usr/local lead to /var, or belong to the image, with local state or without. */
  readonly optUsrlocal: OptUsrlocal;
  /** Whether there is an empty /etc/machine-id. */
  readonly machineidCompat: boolean;
}

/** The layout where nobody chose. */
export const USUAL_LAYOUT: DeploymentLayout = {
  tmpIsDir: true,
  optUsrlocal: "var",
  machineidCompat: true,
};

/** The layout that the tree of a commit has. */
export function layoutOf(tree: Tree): DeploymentLayout {
  return {
    tmpIsDir: tree.isDir("tmp"),
    optUsrlocal: hasStateOverlays(tree) ? "stateoverlay" : tree.isDir("opt") ? "root" : "var",
    machineidCompat: tree.lookup("usr/etc/machine-id") !== undefined,
  };
}

/**
 * Turn a finished root file system into the form that libostree deploys: /etc as /usr/etc, /var empty,
 * links at the top, accounts and directories as lines that each host carries out. Where the root of
 * hosts can be written to until they stop, what stands at the top stays there.
 *
 * Read-only in effect on everything that stays where it is: directories move unopened.
 *
 * @throws {ComposeError} `compose/transient-root` if that root is to have no directory /tmp.
 */
export function layOutDeployment(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  layout: DeploymentLayout = USUAL_LAYOUT,
): VarReport {
  const transient = hasTransientRoot(repo, tree, layout);
  const accounts = readAccounts(repo, tree);
  writeSysusers(repo, txn, tree, accounts);
  cleanEtc(txn, tree, layout);
  moveHomeDirectories(repo, txn, tree);
  const report = emptyVar(repo, txn, tree, accounts, { ...layout, transient });
  linkTmpMount(txn, tree);
  writeHostKeysUnit(txn, tree);
  tree.mkdir("etc");
  tree.rename("etc", "usr/etc");
  for (const [path, mode] of ROOT_DIRECTORIES) {
    if (path !== "boot" && path !== "var") tree.remove(path);
    tree.mkdir(path);
    tree.setMeta(path, { uid: 0, gid: 0, mode });
  }
  for (const [path, target] of ROOT_LINKS) {
    const stays = transient && path !== "ostree" && path !== "usr/local";
    if (stays || layout.optUsrlocal !== "var" && OPT_USRLOCAL.includes(path)) {
      if (!tree.lookup(path)) tree.mkdir(path);
      continue;
    }
    tree.remove(path);
    tree.putLink(txn, path, target);
  }
  if (layout.optUsrlocal === "stateoverlay") writeStateOverlays(txn, tree);
  if (!layout.tmpIsDir) {
    tree.remove("tmp");
    tree.putLink(txn, "tmp", "sysroot/tmp");
  }
  return report;
}

const OPT_USRLOCAL: readonly string[] = ["opt", "usr/local"];

/**
 * Let dpkg's lists of files say what the image holds, and where: what was left out, or lies in /var, goes,
 * so that `dpkg --verify` does not miss it; what was shipped in /opt is listed where it lies now.
 *
 * @param known Files of the database of which this is done already.
 */
export function listPlaces(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  known?: ReadonlyMap<string, string>,
): void {
  const optMoved = tree.linkTarget("opt") === "var/opt";
  const stands = (path: string) => tree.lookup(tree.real(path, { last: false })) !== undefined;
  const place = (path: string) => {
    if (path.startsWith("var/")) return undefined;
    if (path === "etc" || path.startsWith("etc/")) return stands(`usr/${path}`) ? path : undefined;
    const here = optMoved && path.startsWith("opt/") ? `usr/lib/${path}` : path;
    return stands(here) ? here : undefined;
  };
  new DpkgDatabase(repo, tree).movePaths(txn, place, known);
}

/** Debian ships the unit that mounts /tmp only as documentation; a deployment needs it. */
function linkTmpMount(txn: Transaction, tree: Tree): void {
  const unit = "usr/share/systemd/tmp.mount";
  const place = "usr/lib/systemd/system";
  if (!tree.lookup(unit) || tree.lookup(`${place}/tmp.mount`)) return;
  tree.putLink(txn, `${place}/tmp.mount`, `/${unit}`);
  tree.mkdir(`${place}/local-fs.target.wants`);
  tree.putLink(txn, `${place}/local-fs.target.wants/tmp.mount`, "../tmp.mount");
}
