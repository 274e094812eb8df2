import { diffTrees, type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";

/** What dpkg keeps for itself, and logs. */
const OWN = new RegExp(
  "^(usr/lib/sysimage/dpkg/(status-old|available(-old)?|lock(-frontend)?|(diversions|statoverride)-old" +
    "|triggers/Lock)|var/log/(dpkg|alternatives)\\.log|var/cache/ldconfig/aux-cache)$",
);

/** What differs between two systems, a line each: mode, owner, target and content told. */
export function compareSystems(repo: Repo, dpkg: TreeChecksums, ours: TreeChecksums): string[] {
  const [a, b] = [Tree.fromChecksums(repo, dpkg), Tree.fromChecksums(repo, ours)];
  return [...diffTrees(repo, dpkg, ours)].filter(({ path }) => !OWN.test(path)).map(({ path }) => {
    const [left, right] = [describe(repo, a, path), describe(repo, b, path)];
    const only = (one: string[], other: string[]) => one.filter((line) => !other.includes(line));
    const [mine, yours] = [only(left, right), only(right, left)];
    // Where the lines are the same their order is not.
    const [shownLeft, shownRight] = mine.length + yours.length > 0 ? [mine, yours] : [left, right];
    return `/${path}\n  dpkg: ${shownLeft.join("\n        ")}\n  ours: ${
      shownRight.join("\n        ")
    }`;
  });
}

function describe(repo: Repo, tree: Tree, path: string): string[] {
  const entry = tree.lookup(path);
  if (!entry) return ["nothing"];
  const info = entry.type === "dir" ? tree.meta(path) : repo.statFile(entry.checksum);
  const owner = `${info.uid}:${info.gid}${
    info.xattrs?.length ? ` +${info.xattrs.length} xattrs` : ""
  }`;
  if (entry.type === "dir") return [`directory ${octal(tree.meta(path).mode)} ${owner}`];
  const file = repo.statFile(entry.checksum);
  if (file.type === "symlink") return [`link to ${file.target} ${owner}`];
  const text = new TextDecoder().decode(repo.readFile(entry.checksum));
  return [`file ${octal(file.mode)} ${owner}`, ...text.split("\n")];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
