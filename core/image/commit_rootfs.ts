import type { Progress } from "@apt-ostree/base";
import { commitTree, importDirectory, type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { MOUNT_POINTS } from "../compose/mount_points.ts";
import { ImageError } from "../error.ts";

/** Where systems that nobody composed have dpkg's database. */
const PLAIN_DATABASE = "var/lib/dpkg";
/** What deployments have of their own: an image's repository is none of its system. */
const SYSROOT = "sysroot";
const MODULES = "usr/lib/modules";

/**
 * The tree of a root filesystem; directories that belong to the kernel or the host are empty in it, and
 * the root belongs to root. Devices, FIFOs and sockets are left out with a warning.
 */
export async function importRootfs(
  txn: Transaction,
  path: string,
  options: { readonly signal?: AbortSignal; readonly progress?: Progress } = {},
): Promise<Tree> {
  const modeOf = (info: Deno.FileInfo) => (info.mode ?? 0o755) & 0o7777;
  const tree = Tree.empty(txn, { uid: 0, gid: 0, mode: modeOf(readRoot(path)) });
  const left: string[] = [];
  for (const { name, isDirectory, isFile, isSymlink } of [...Deno.readDirSync(path)]) {
    const full = `${path}/${name}`;
    if (isFile || isSymlink) tree.putFile(name, txn.importFile(full));
    else if (!isDirectory) left.push(`/${name}`);
    else if (MOUNT_POINTS.includes(name)) {
      tree.mkdir(name, { uid: 0, gid: 0, mode: modeOf(Deno.statSync(full)) });
    } else {
      const imported = await importDirectory(txn, full, {
        onSpecial: (special) => left.push(special.slice(path.length)),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      tree.graft(name, imported);
    }
  }
  if (left.length > 0) {
    const text = `Left out, since no commit can hold them: ${left.sort().join(", ")}`;
    options.progress?.({ type: "message", level: "warning", text });
  }
  return tree;
}

/** When a root filesystem was made, in seconds since 1970: what its directory's date is. */
export function rootfsDate(path: string): number {
  return Math.floor((readRoot(path).mtime?.getTime() ?? 0) / 1000);
}

/**
 * Commit the tree of a root filesystem as deployments need it: /etc as /usr/etc, /sysroot empty.
 *
 * The commit says which kernel it boots, where it has one.
 *
 * @returns The commit, and its tree with dpkg's database where composed systems have it.
 * @throws {ImageError} `image/bad-root` if it has both /etc and /usr/etc, or is no system.
 * @throws {TreeError} If it has several kernels.
 */
export function commitRootfs(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  timestamp: number,
): { readonly commit: string; readonly database: () => Tree } {
  const bad = (what: string, hint: string) =>
    new ImageError("image/bad-root", `Cannot make an image of the root filesystem: ${what}`, {
      hint,
    });
  if (!tree.isDir("usr")) throw bad("it has no /usr", "Name the root of a system");
  if (tree.isDir("etc") && tree.lookup("usr/etc")) {
    throw bad("it has /etc and /usr/etc", "Remove one of them");
  }
  if (tree.isDir("etc")) tree.rename("etc", "usr/etc");
  tree.remove(SYSROOT);
  tree.mkdir(SYSROOT);
  const bootable = tree.isDir(MODULES) &&
    tree.list(MODULES).some(([name]) => tree.lookup(`${MODULES}/${name}/vmlinuz`));
  const root = tree.write(txn);
  const commit = commitTree(txn, root, { timestamp, parent: null, bindRefs: false, bootable });
  const database = () => {
    const found = Tree.fromChecksums(repo, root);
    const plain = found.lookup(PLAIN_DATABASE);
    if (!found.isDir(DPKG_DATABASE) && plain?.type === "dir") {
      found.mkdir(DPKG_DATABASE);
      found.graft(DPKG_DATABASE, plain.checksums!);
    }
    return found;
  };
  return { commit, database };
}

function readRoot(path: string): Deno.FileInfo {
  let found = "it is no directory";
  try {
    const info = Deno.statSync(path);
    if (info.isDirectory) return info;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    found = "it is not there";
  }
  throw new ImageError("image/bad-root", `Cannot make an image of "${path}": ${found}`, {
    subject: path,
    hint: "Name the root directory of a system",
  });
}
