import type { Repo, Tree } from "@apt-ostree/ostree";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import { committedPath } from "./deployed_path.ts";

/** Names of packages, as dpkg's database has them, by the paths of the tree that they own. */
export type FileOwners = ReadonlyMap<string, readonly string[]>;

/** Resolves paths of dpkg's lists to paths of the tree; directories are resolved once. */
class PathResolver {
  readonly #tree: Tree;
  readonly #directories = new Map<string, string>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  resolve(path: string): string {
    const place = committedPath(path);
    const slash = place.lastIndexOf("/");
    if (slash < 0) return place;
    const dir = place.slice(0, slash);
    let real = this.#directories.get(dir);
    if (real === undefined) {
      real = committedPath(this.#tree.real(dir));
      this.#directories.set(dir, real);
    }
    return `${real}${place.slice(slash)}`;
  }
}

/**
 * Who owns which path of a commit's tree, by dpkg's lists of files; diversions count.
 *
 * Directories have several owners, files one, except those that Multi-Arch shares.
 */
export function readFileOwners(repo: Repo, tree: Tree): FileOwners {
  const owners = new Map<string, string[]>();
  const resolver = new PathResolver(tree);
  const diverted = new Map(
    new DpkgDatabase(repo, tree).diversions().map((each) => [each.from, each]),
  );
  for (const [owner, line] of lines(repo, tree, "list")) {
    if (line === "/.") continue;
    const diversion = diverted.get(line);
    const path = resolver.resolve(
      diversion && diversion.package !== owner.split(":")[0] ? diversion.to : line,
    );
    const known = owners.get(path);
    if (!known) owners.set(path, [owner]);
    else if (!known.includes(owner)) known.push(owner);
  }
  return owners;
}

/** MD5 of files as packages ship them, by path of the tree; conffiles are among them. */
export function readShippedMd5(repo: Repo, tree: Tree): ReadonlyMap<string, ReadonlySet<string>> {
  const sums = new Map<string, Set<string>>();
  const resolver = new PathResolver(tree);
  const add = (path: string, md5: string) => {
    const place = resolver.resolve(path);
    sums.set(place, (sums.get(place) ?? new Set()).add(md5));
  };
  for (const [, line] of lines(repo, tree, "md5sums")) add(line.slice(34), line.slice(0, 32));
  const status = readTreeText(repo, tree, `${DPKG_DATABASE}/status`) ?? "";
  for (const [, path = "", md5 = ""] of status.matchAll(/^ (\/\S+) ([0-9a-f]{32})\b/gm)) {
    add(path, md5);
  }
  return sums;
}

/** Lines of one kind of file in dpkg's `info` directory, each with the package it is about. */
function* lines(repo: Repo, tree: Tree, kind: string): Generator<[owner: string, line: string]> {
  const dir = `${DPKG_DATABASE}/info`;
  if (!tree.isDir(dir)) return;
  for (const [name, entry] of tree.list(dir)) {
    if (entry.type !== "file" || !name.endsWith(`.${kind}`)) continue;
    const owner = name.slice(0, -kind.length - 1);
    for (const line of new TextDecoder().decode(repo.readFile(entry.checksum)).split("\n")) {
      if (line !== "") yield [owner, line];
    }
  }
}
