/**
 * A small Debian that both dpkg and the assembly install packages into.
 *
 * @module
 */
import { openDeb } from "@apt-ostree/apt";
import { checkoutTree, Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { DpkgDatabase } from "../../../core/assemble/dpkg_database.ts";
import { FileOwners } from "../../../core/assemble/file_owners.ts";
import { mergePackage } from "../../../core/assemble/merge_packages.ts";
import { KEEP_ALL } from "../../../core/assemble/path_filter.ts";
import { USR_MERGE_LINKS } from "../../../core/assemble/root_layout.ts";
import { readTreeText, writeTreeText } from "../../../core/assemble/tree_text.ts";
import { importDeb } from "../../../core/import/import_deb.ts";
import { type PackageCommit, readPackageCommit } from "../../../core/import/package_commit.ts";
import { run } from "../../support/archive.ts";
import { essentialDebs } from "../../support/base_system.ts";
import { type SmallDeb, writeSmallDeb } from "./small_deb.ts";

const CACHE = new URL("../../../build/test-cache/rules-base", import.meta.url).pathname;
/** Changes when the base must be made again. */
const BASE_REF = "test/rules-base-2";

/** Where the cases of a test file run. */
export class RulesWorld implements AsyncDisposable {
  /** Directory of its own. */
  readonly dir: string;
  /** Repository with everything in it. */
  readonly repo: Repo;
  /** The small Debian. */
  readonly base: TreeChecksums;
  #count = 0;

  private constructor(dir: string, repo: Repo, base: TreeChecksums) {
    this.dir = dir;
    this.repo = repo;
    this.base = base;
  }

  /** Make it, from what an earlier run has kept. */
  static async open(): Promise<RulesWorld> {
    await makeBase();
    const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-rules-" });
    await Deno.chmod(dir, 0o755);
    await run(
      "sh",
      "-c",
      'cp -al "$1" "$2" 2> /dev/null || { rm -rf "$2"; cp -a "$1" "$2"; }',
      "sh",
      CACHE,
      `${dir}/repo`,
    );
    const repo = Repo.open(`${dir}/repo`);
    const base = repo.readCommit(repo.requireRev(BASE_REF)).root;
    await checkoutTree(repo, base, `${dir}/base`, { how: "link" });
    return new RulesWorld(dir, repo, base);
  }

  /** Checkout of the small Debian; nobody writes to it. */
  get checkout(): string {
    return `${this.dir}/base`;
  }

  /** A new directory. */
  directory(name: string): string {
    const path = `${this.dir}/${name}-${this.#count++}`;
    Deno.mkdirSync(path);
    return path;
  }

  /** Make packages, and import them. */
  async make(debs: readonly SmallDeb[]): Promise<{ paths: string[]; packages: PackageCommit[] }> {
    const dir = this.directory("debs");
    const paths: string[] = [];
    const packages: PackageCommit[] = [];
    for (const deb of debs) {
      const path = await writeSmallDeb(dir, deb);
      paths.push(path);
      packages.push(await importFile(this.repo, path));
    }
    return { paths, packages };
  }

  /** Remove all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function importFile(repo: Repo, path: string): Promise<PackageCommit> {
  const { control } = await openDeb(path);
  const bytes = await Deno.readFile(path);
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const [name, version, architecture] = ["Package", "Version", "Architecture"]
    .map((field) => control.get(field)!);
  using txn = repo.transaction();
  const id = { name: name!, version: version!, architecture: architecture! };
  const commit = await importDeb(repo, txn, { ...id, path, sha256 });
  txn.commit({ sync: false });
  return readPackageCommit(repo, commit)!;
}

/** All essential packages, installed as their files say; none of their scripts has run. */
async function makeBase(): Promise<void> {
  try {
    if (Repo.open(CACHE).resolveRev(BASE_REF) !== undefined) return;
    await Deno.remove(CACHE, { recursive: true });
  } catch (error) {
    if (!(error instanceof Error)) throw error; // not there yet
  }
  const debs = await essentialDebs();
  const part = `${CACHE}.${Deno.pid}`;
  const repo = Repo.init(part, { mode: "bare" });
  const packages: PackageCommit[] = [];
  for (const { name } of [...Deno.readDirSync(debs)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    packages.push(await importFile(repo, `${debs}/${name}`));
  }
  using txn = repo.transaction();
  const tree = Tree.empty(repo);
  for (const path of ["dev", "proc", "sys", "run", "tmp", "var/tmp", "usr/lib64"]) tree.mkdir(path);
  for (const [path, target] of [...USR_MERGE_LINKS, ["lib64", "usr/lib64"] as const]) {
    tree.mkdir(target);
    tree.putLink(txn, path, target);
  }
  const database = new DpkgDatabase(repo, tree);
  database.init(txn);
  const context = {
    ...{ repo, txn, tree, filter: KEEP_ALL, diversions: [], statOverrides: [] },
    accounts: { users: new Map<string, number>(), groups: new Map<string, number>() },
    owners: new FileOwners(repo),
  };
  const merged = packages.map((pkg) => mergePackage(context, pkg));
  database.unpack(txn, merged.map((each) => ({ merged: each, state: "installed" })));
  writeTreeText(txn, tree, "usr/lib/sysimage/dpkg/triggers/Unincorp", "");
  for (const name of ["passwd", "group"]) {
    const text = readTreeText(repo, tree, `usr/share/base-passwd/${name}.master`)!;
    writeTreeText(txn, tree, `etc/${name}`, text);
  }
  txn.setRef(BASE_REF, txn.writeCommit({ root: tree.write(txn), timestamp: 0 }));
  txn.commit({ sync: false });
  await Deno.rename(part, CACHE);
}
