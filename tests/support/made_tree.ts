import { readXattrs } from "@apt-ostree/base";
import { Repo, Tree } from "@apt-ostree/ostree";

readXattrs("/"); // loads the C library before a test can be blamed for it

/** A file of a made tree: its text, or more than that. */
export type MadeFile = string | {
  readonly text?: string;
  /** @default 0o644 */
  readonly mode?: number;
  readonly xattrs?: readonly (readonly [name: string, value: Uint8Array<ArrayBuffer>])[];
};

/** What a made tree holds. */
export interface MadeTreeSpec {
  /** Files by path without leading slash. */
  readonly files?: Readonly<Record<string, MadeFile>>;
  /** Links: path to target. */
  readonly links?: Readonly<Record<string, string>>;
  /** Directories and their modes. */
  readonly dirs?: Readonly<Record<string, number>>;
  /** Packages: name, in which `:ARCH` may stand, to deployed paths that they own. */
  readonly packages?: Readonly<Record<string, readonly string[]>>;
  /** Further fields of packages, as lines of the status file. */
  readonly fields?: Readonly<Record<string, string>>;
}

/**
 * Make a tree as commits have it, with a dpkg database, in a repository of its own: no root needed.
 *
 * @param dir Where the repository `repo` is made, or is already.
 */
export function makeTree(dir: string, spec: MadeTreeSpec): { repo: Repo; tree: Tree } {
  const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
  const tree = Tree.empty(repo);
  using txn = repo.transaction();
  const put = (path: string, file: MadeFile) => {
    const { text = "", mode = 0o644, xattrs } = typeof file === "string" ? { text: file } : file;
    const meta = {
      uid: 0,
      gid: 0,
      mode,
      ...(xattrs
        ? { xattrs: xattrs.map(([n, v]) => [n, v] as [string, Uint8Array<ArrayBuffer>]) }
        : {}),
    };
    tree.mkdir(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    tree.putFile(path, txn.writeFile(meta, new TextEncoder().encode(text)));
  };
  const status: string[] = [];
  for (const [database, paths] of Object.entries(spec.packages ?? {})) {
    const [name, architecture = "all"] = database.split(":");
    const list = paths.map((path) => `${path}\n`).join("");
    put(`usr/lib/sysimage/dpkg/info/${database}.list`, list);
    status.push(
      `Package: ${name}\nStatus: install ok installed\nArchitecture: ${architecture}\n` +
        `Version: 1.0\n${spec.fields?.[database] ?? ""}Description: ${name}\n`,
    );
  }
  put("usr/lib/sysimage/dpkg/status", status.join("\n"));
  for (const [path, file] of Object.entries(spec.files ?? {})) put(path, file);
  for (const [path, target] of Object.entries(spec.links ?? {})) {
    tree.mkdir(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    tree.putLink(txn, path, target);
  }
  for (const [path, mode] of Object.entries(spec.dirs ?? {})) {
    tree.mkdir(path);
    tree.setMeta(path, { uid: 0, gid: 0, mode });
  }
  tree.write(txn);
  txn.commit({ sync: false });
  return { repo, tree };
}
