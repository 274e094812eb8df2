import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE } from "../../assemble/root_layout.ts";
import { readTreeText } from "../../assemble/tree_text.ts";
import { ComposeError } from "../../error.ts";
import { readTreefileFile } from "../../treefile/read_treefile.ts";
import type { Treefile } from "../../treefile/treefile.ts";

/**
 * Remove paths, with all that lies below them.
 *
 * @returns Paths that were not there.
 */
export function removeFiles(tree: Tree, paths: readonly string[]): string[] {
  return paths.filter((path) => !tree.remove(tree.real(path, { last: false })));
}

/**
 * Remove files of single packages; directories stay, and what other packages ship.
 *
 * @throws {ComposeError} `compose/no-such-package` if the tree has no such package.
 */
export function removeFromPackages(
  repo: Repo,
  tree: Tree,
  rules: Treefile["removeFromPackages"],
): void {
  for (const { package: name, patterns } of rules) {
    const lists = listsOf(repo, tree, name);
    if (lists.length === 0) {
      throw new ComposeError(
        "compose/no-such-package",
        `Cannot remove files from "${name}": the tree has no such package`,
        { subject: name, hint: "Check remove-from-packages" },
      );
    }
    const expressions = patterns.map((pattern) => new RegExp(`^(?:${pattern})$`, "u"));
    for (const path of lists.flatMap((text) => text.split("\n"))) {
      if (!expressions.some((each) => each.test(path))) continue;
      const place = tree.real(path.slice(1), { last: false });
      if (tree.lookup(place)?.type === "file") tree.remove(place);
    }
  }
}

/** Texts of the package's lists of files, one for each architecture that it is there for. */
function listsOf(repo: Repo, tree: Tree, name: string): string[] {
  const dir = `${DPKG_DATABASE}/info`;
  return tree.list(dir).filter(([file]) =>
    file === `${name}.list` || (file.startsWith(`${name}:`) && file.endsWith(".list"))
  ).map(([file]) => readTreeText(repo, tree, `${dir}/${file}`) ?? "");
}

/**
 * Add files, root's, with the mode 0755 where the file can be executed and else 0644.
 *
 * @throws {TreefileError} `treefile/not-found`.
 * @throws {ComposeError} `compose/in-the-way` if a directory is there.
 */
export function addFiles(txn: Transaction, tree: Tree, files: Treefile["addFiles"]): void {
  for (const { source, dest } of files) {
    const bytes = readTreefileFile(source);
    const executable = ((Deno.statSync(source.path).mode ?? 0) & 0o111) !== 0;
    const place = tree.real(dest);
    if (tree.isDir(place)) {
      throw new ComposeError(
        "compose/in-the-way",
        `Cannot add "${source.path}": "/${dest}" is a directory`,
        { subject: `/${dest}`, hint: "Name the file's own path in add-files" },
      );
    }
    tree.mkdir(place.slice(0, place.lastIndexOf("/")));
    tree.putFile(
      place,
      txn.writeFile({ uid: 0, gid: 0, mode: executable ? 0o755 : 0o644 }, bytes),
    );
  }
}

/** Take the write bits from all programs below /usr. */
export function lockExecutables(repo: Repo, txn: Transaction, tree: Tree): void {
  for (const [path, entry] of [...tree.walk("usr")]) {
    if (entry.type !== "file") continue;
    const { size: _, ...meta } = repo.statFile(entry.checksum);
    if (meta.type !== "file" || (meta.mode & 0o111) === 0 || (meta.mode & 0o222) === 0) continue;
    const bytes = repo.readFile(entry.checksum, { maxSize: Infinity });
    tree.putFile(path, txn.writeFile({ ...meta, mode: meta.mode & ~0o222 }, bytes));
  }
}
