import type { Repo, Tree } from "@apt-ostree/ostree";
import { readTreeText } from "../assemble/tree_text.ts";

/** A unit that starts by itself. */
export interface EnabledUnit {
  /** For example `ssh.service`. */
  readonly name: string;
  /** What its own file says it is; "" where it says nothing. */
  readonly description: string;
  /** Units that pull it in, sorted. */
  readonly wantedBy: readonly string[];
  /** Whether it is so by links in /etc, which a host can take away, or by the package itself. */
  readonly by: "preset" | "package";
}

const PLACES = [["usr/etc/systemd/system", "preset"], [
  "usr/lib/systemd/system",
  "package",
]] as const;

/** Units of the system that are pulled in by others, sorted by name. */
export function readEnabledUnits(repo: Repo, tree: Tree): EnabledUnit[] {
  const units = new Map<string, { wantedBy: Set<string>; by: EnabledUnit["by"] }>();
  for (const [dir, by] of PLACES) {
    for (const [child, entry] of tree.isDir(dir) ? tree.list(dir) : []) {
      const target = /^(.+)\.(wants|requires)$/.exec(child)?.[1];
      if (target === undefined || entry.type !== "dir") continue;
      for (const [name] of tree.list(`${dir}/${child}`)) {
        if (tree.linkTarget(`${dir}/${child}/${name}`) === "/dev/null") continue;
        const known = units.get(name) ?? { wantedBy: new Set(), by };
        known.wantedBy.add(target);
        units.set(name, known);
      }
    }
  }
  return [...units].map(([name, { wantedBy, by }]) => ({
    name,
    description: describe(repo, tree, name),
    wantedBy: [...wantedBy].sort(),
    by,
  })).sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Description of a unit, of its template where it is an instance of one. */
function describe(repo: Repo, tree: Tree, name: string): string {
  const template = name.replace(/@[^@]+(\.\w+)$/, "@$1");
  for (const file of new Set([name, template])) {
    for (const [dir] of PLACES) {
      const text = readTreeText(repo, tree, `${dir}/${file}`);
      const found = /^Description=(.*)$/m.exec(text ?? "")?.[1];
      if (found === undefined) continue;
      const instance = /@([^@]*)\.\w+$/.exec(name)?.[1] ?? "";
      return found.trim().replaceAll(/%[iI]/g, instance);
    }
  }
  return "";
}
