import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { readTreeText, writeTreeText } from "../../assemble/tree_text.ts";
import { DPKG_DATABASE, DPKG_LINK_TARGET, IMAGE_STATE } from "../../assemble/root_layout.ts";
import type { Accounts } from "../../assemble/keep_ids.ts";
import type { OptUsrlocal } from "../../treefile/treefile.ts";
import { formatTmpfilesLine, type VarEntry } from "./tmpfiles_lines.ts";
import { varPolicy } from "./var_policy.ts";

/** Directories of the root that move to /var, where hosts write. */
export const MOVED: readonly (readonly [from: string, to: string])[] = [
  ["home", "var/home"],
  ["root", "var/roothome"],
  ["srv", "var/srv"],
  ["mnt", "var/mnt"],
  ["usr/local", "var/usrlocal"],
];

const FACTORY = "usr/share/factory";

/** What became of the files below /var. */
export interface VarReport {
  /** Copied to each host at boot. */
  readonly kept: readonly string[];
  /** Made again by their programs. */
  readonly dropped: readonly string[];
}

/**
 * Empty /var: every directory, link and file in it becomes a line of tmpfiles.d, so that each host
 * makes it at boot; what describes the image moves beside dpkg's database.
 *
 * @param options.optUsrlocal Other than `var` where /opt and /usr/local stay what they are.
 * @param options.transient Whether all at the top stays what it is.
 * @see tmpfiles.d(5)
 */
export function emptyVar(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  accounts: Accounts,
  options: { readonly optUsrlocal: OptUsrlocal; readonly transient: boolean },
): VarReport {
  for (const [from, to] of IMAGE_STATE) {
    if (!tree.lookup(from)) continue;
    tree.mkdir(to.slice(0, to.lastIndexOf("/")));
    tree.rename(from, to);
  }
  const moves = options.optUsrlocal === "var";
  for (const [from, to] of MOVED) {
    const stays = from === "usr/local" ? !moves : options.transient;
    if (tree.isDir(from) && !stays) tree.rename(from, to);
  }
  const entries: VarEntry[] = moves && !options.transient ? moveOpt(tree) : [];
  const declared = declaredPaths(repo, tree);
  const names = new OwnerNames(accounts);
  const kept: string[] = [];
  const dropped: string[] = [];
  for (const [path, entry] of tree.walk("var")) {
    const target = tree.linkTarget(path);
    if (path === "var/lib/dpkg") continue;
    if (entry.type === "dir") {
      const meta = tree.meta(path);
      entries.push({ type: "directory", path: `/${path}`, mode: meta.mode, ...names.of(meta) });
    } else if (target !== undefined) entries.push({ type: "symlink", path: `/${path}`, target });
    else if (varPolicy(path) === "drop") dropped.push(`/${path}`);
    else {
      kept.push(`/${path}`);
      const { size: _, ...meta } = repo.statFile(entry.checksum);
      const mode = meta.type === "file" ? meta.mode : 0o644;
      const copy = `${FACTORY}/${path}`;
      tree.mkdir(copy.slice(0, copy.lastIndexOf("/")));
      tree.putFile(copy, entry.checksum);
      entries.push({ type: "file", path: `/${path}`, mode, ...names.of(meta), source: `/${copy}` });
    }
  }
  entries.push({ type: "symlink", path: "/var/lib/dpkg", target: DPKG_LINK_TARGET });
  for (const [name] of tree.list("var")) tree.remove(`var/${name}`);
  const lines = [
    ...new Set(entries.filter((entry) => !declared.has(entry.path)).map(formatTmpfilesLine)),
  ].sort();
  const text = `# What this image's packages expect below /var.\n${lines.join("\n")}\n`;
  writeTreeText(txn, tree, "usr/lib/tmpfiles.d/apt-ostree.conf", text);
  for (const path of LEFTOVERS) tree.remove(path);
  return { kept, dropped };
}

/** Files of dpkg and debconf that mean nothing once they have ended. */
const LEFTOVERS = [
  ...["lock", "lock-frontend", "triggers/Lock", "available", "available-old"]
    .map((name) => `${DPKG_DATABASE}/${name}`),
  ...["status-old", "diversions-old", "statoverride-old"].map((name) => `${DPKG_DATABASE}/${name}`),
  ...["config.dat-old", "templates.dat-old"].map((name) => `usr/lib/sysimage/debconf/${name}`),
];

/** What packages ship below /opt is part of the image: it goes to /usr, and links lead there. */
function moveOpt(tree: Tree): VarEntry[] {
  const entries: VarEntry[] = [{
    type: "directory",
    path: "/var/opt",
    mode: 0o755,
    user: "root",
    group: "root",
  }];
  for (const [name] of tree.isDir("opt") ? tree.list("opt") : []) {
    tree.mkdir("usr/lib/opt");
    tree.rename(`opt/${name}`, `usr/lib/opt/${name}`);
    entries.push({ type: "symlink", path: `/var/opt/${name}`, target: `/usr/lib/opt/${name}` });
  }
  return entries;
}

/** Paths that the tree's own tmpfiles.d files take care of. */
function declaredPaths(repo: Repo, tree: Tree): Set<string> {
  const paths = new Set<string>();
  for (const dir of ["usr/lib/tmpfiles.d", "etc/tmpfiles.d"]) {
    for (const [name] of tree.isDir(dir) ? tree.list(dir) : []) {
      if (!name.endsWith(".conf")) continue;
      for (const line of (readTreeText(repo, tree, `${dir}/${name}`) ?? "").split("\n")) {
        const found = /^[a-zA-Z+!=~^-]+\s+"?([^\s"]+)/.exec(line);
        if (found) paths.add(found[1]!.replace(/\/$/, ""));
      }
    }
  }
  return paths;
}

class OwnerNames {
  readonly #users: ReadonlyMap<number, string>;
  readonly #groups: ReadonlyMap<number, string>;

  constructor(accounts: Accounts) {
    this.#users = new Map(accounts.users.map((user) => [user.uid, user.name]));
    this.#groups = new Map(accounts.groups.map((group) => [group.gid, group.name]));
  }

  of(meta: { readonly uid: number; readonly gid: number }): { user: string; group: string } {
    return {
      user: this.#users.get(meta.uid) ?? String(meta.uid),
      group: this.#groups.get(meta.gid) ?? String(meta.gid),
    };
  }
}
