import type { DirMeta, Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import {
  DPKG_DATABASE,
  DPKG_LINK_TARGET,
  IMAGE_STATE,
  ROOT_LINKS,
} from "../assemble/root_layout.ts";
import { readTreeText, writeTreeText } from "../assemble/tree_text.ts";
import { readAccounts } from "../compose/postprocess/accounts.ts";
import { MOVED } from "../compose/postprocess/empty_var.ts";
import { removeHostKeysUnit } from "../compose/postprocess/host_keys.ts";
import { removeStateOverlays } from "../compose/postprocess/state_overlays.ts";
import type { VarEntry } from "../compose/postprocess/tmpfiles_lines.ts";
import { LayerError } from "../error.ts";
import { parseTmpfiles } from "./tmpfiles.ts";

/** The kernel of a deployment. */
export interface OpenedKernel {
  /** Its release, for example `6.1.0-40-amd64`. */
  readonly release: string;
  /** Checksum of its initramfs; `undefined` where the deployment has none. */
  readonly initramfs: string | undefined;
}

/** What a deployment holds that no package's file is, taken out while packages change. */
export interface OpenedDeployment {
  readonly kernels: readonly OpenedKernel[];
}

const OWN_LINES = "usr/lib/tmpfiles.d/apt-ostree.conf";

/**
 * Turn the tree of a deployment back into the root file system that packages and their scripts know:
 * /etc in its place, /var filled as its tmpfiles.d lines say, directories instead of links at the top,
 * the kernel in /boot.
 *
 * The reverse of `layOutDeployment`: directories move unopened.
 *
 * @throws {LayerError} `layer/not-a-system` if the tree has no dpkg database, or no /usr/etc.
 */
export function openDeployment(repo: Repo, txn: Transaction, tree: Tree): OpenedDeployment {
  for (const path of [`${DPKG_DATABASE}/status`, "usr/etc"]) {
    if (tree.lookup(path)) continue;
    throw new LayerError(
      "layer/not-a-system",
      `Cannot change packages of the base: it has no "/${path}"`,
      { subject: `/${path}`, hint: "Use a commit that apt-ostree composed" },
    );
  }
  tree.remove("etc");
  tree.rename("usr/etc", "etc");
  removeStateOverlays(tree);
  for (const [path] of ROOT_LINKS) {
    if (tree.lookup(path)?.type === "file") tree.remove(path);
  }
  if (tree.linkTarget("tmp") !== undefined) {
    tree.remove("tmp");
    tree.mkdir("tmp", rootDirectory(0o1777));
  }
  removeHostKeysUnit(tree);
  const opt = fillVar(repo, txn, tree);
  if (opt.size > 0) listInOpt(repo, txn, tree, opt);
  for (const [to, from] of MOVED) {
    if (tree.isDir(from)) tree.rename(from, to);
    else if (!tree.lookup(to)) tree.mkdir(to, rootDirectory(to === "root" ? 0o700 : 0o755));
  }
  for (const path of ["media", "opt"]) tree.mkdir(path);
  for (const [to, from] of IMAGE_STATE) {
    if (!tree.lookup(from)) continue;
    tree.mkdir(parentOf(to));
    tree.remove(to);
    tree.rename(from, to);
    const parent = parentOf(from);
    if (tree.list(parent).length === 0) tree.remove(parent);
  }
  const noted = `${DPKG_DATABASE}/triggers/Unincorp`;
  // A dpkg that finds no such file takes all triggers to have happened.
  if (!tree.lookup(noted)) writeTreeText(txn, tree, noted, "");
  return { kernels: returnKernels(tree) };
}

/**
 * Put back what the tmpfiles.d lines of the image, and those of its packages, make in /var.
 *
 * @returns Names of directories that went back to /opt.
 */
function fillVar(repo: Repo, txn: Transaction, tree: Tree): Set<string> {
  const opt = new Set<string>();
  tree.mkdir("var/lib");
  const accounts = readAccounts(repo, tree);
  const users = new Map(accounts.users.map(({ name, uid }) => [name, uid]));
  const groups = new Map(accounts.groups.map(({ name, gid }) => [name, gid]));
  const id = (name: string, ids: ReadonlyMap<string, number>) =>
    /^\d+$/.test(name) ? Number(name) : ids.get(name) ?? 0;
  const put = (entry: VarEntry, own: boolean) => {
    const path = entry.path.slice(1);
    tree.mkdir(parentOf(path));
    if (entry.type === "directory") {
      const { mode, user, group } = entry;
      tree.mkdir(path);
      tree.setMeta(path, { uid: id(user, users), gid: id(group, groups), mode });
    } else if (tree.lookup(path)) return;
    else if (entry.type === "symlink") {
      const name = path.startsWith("var/opt/") ? path.slice("var/opt/".length) : undefined;
      if (name === undefined) tree.putLink(txn, path, entry.target);
      else if (returnOpt(tree, name)) opt.add(name);
    } else if (own) returnFile(tree, entry.source.slice(1), path);
  };
  // Parents before children: a directory that a line only implies is root's.
  for (const [entry, own] of readVarLines(repo, tree)) put(entry, own);
  tree.remove(OWN_LINES);
  if (!tree.lookup("var/lib/dpkg")) tree.putLink(txn, "var/lib/dpkg", DPKG_LINK_TARGET);
  return opt;
}

/** Let dpkg's lists name files in /opt again that went back there. */
function listInOpt(repo: Repo, txn: Transaction, tree: Tree, names: ReadonlySet<string>): void {
  new DpkgDatabase(repo, tree).movePaths(txn, (path) => {
    const name = /^usr\/lib\/opt\/([^/]+)/.exec(path)?.[1];
    return name !== undefined && names.has(name) ? path.slice("usr/lib/".length) : path;
  });
}

/**
 * Lines about /var in the order of their paths, and whether they are this image's own.
 *
 * @param tree Whose /etc is in its place.
 */
export function readVarLines(
  repo: Repo,
  tree: Tree,
): (readonly [entry: VarEntry, own: boolean])[] {
  const lines = new Map<string, readonly [VarEntry, boolean]>();
  const read = (file: string) => {
    for (const entry of parseTmpfiles(readTreeText(repo, tree, file) ?? "")) {
      if (!entry.path.startsWith("/var/")) continue;
      const known = lines.get(entry.path)?.[1] ?? false;
      if (!known || file === OWN_LINES) lines.set(entry.path, [entry, file === OWN_LINES]);
    }
  };
  read(OWN_LINES);
  for (const dir of ["etc/tmpfiles.d", "usr/lib/tmpfiles.d"]) {
    for (const [name] of tree.isDir(dir) ? tree.list(dir) : []) {
      if (name.endsWith(".conf") && `${dir}/${name}` !== OWN_LINES) read(`${dir}/${name}`);
    }
  }
  return [...lines.values()].sort(([a], [b]) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** @returns Whether there was something to return. */
function returnOpt(tree: Tree, name: string): boolean {
  if (!tree.lookup(`usr/lib/opt/${name}`)) return false;
  tree.mkdir("opt");
  tree.rename(`usr/lib/opt/${name}`, `opt/${name}`);
  if (tree.list("usr/lib/opt").length === 0) tree.remove("usr/lib/opt");
  return true;
}

/** Move a file of /var back from where the image kept it; directories left empty there go. */
function returnFile(tree: Tree, source: string, path: string): void {
  const entry = tree.lookup(source);
  if (entry?.type !== "file") return;
  tree.putFile(path, entry.checksum);
  tree.remove(source);
  for (let dir = parentOf(source); dir.startsWith("usr/share/factory"); dir = parentOf(dir)) {
    if (tree.list(dir).length > 0) break;
    tree.remove(dir);
  }
}

function returnKernels(tree: Tree): OpenedKernel[] {
  const modules = "usr/lib/modules";
  const kernels: OpenedKernel[] = [];
  for (const [release, entry] of tree.isDir(modules) ? tree.list(modules) : []) {
    const dir = `${modules}/${release}`;
    if (entry.type !== "dir" || !tree.lookup(`${dir}/vmlinuz`)) continue;
    for (const name of ["vmlinuz", "config", "System.map"]) {
      if (tree.lookup(`${dir}/${name}`)) tree.rename(`${dir}/${name}`, `boot/${name}-${release}`);
    }
    const initramfs = tree.lookup(`${dir}/initramfs.img`);
    tree.remove(`${dir}/initramfs.img`);
    kernels.push({
      release,
      initramfs: initramfs?.type === "file" ? initramfs.checksum : undefined,
    });
  }
  return kernels;
}

function rootDirectory(mode: number): DirMeta {
  return { uid: 0, gid: 0, mode };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
