import type { Repo, Tree } from "@apt-ostree/ostree";
import { readTreeText } from "../assemble/tree_text.ts";
import type { PreviewFile } from "./file_changes.ts";

/** What happens to one unit of systemd. */
export interface PreviewUnit {
  /** Its name, for example `chrony.service`. */
  readonly name: string;
  /** Whose services it is of. */
  readonly scope: "system" | "user";
  /** What happens to its file, or only to the links that enable it. */
  readonly change: "added" | "changed" | "removed" | "enabled" | "disabled";
  /** Whether links of the new tree start it: `Wants=`, `Requires=` or an alias. */
  readonly enabled: boolean;
  /** What the presets of the new tree say of it; absent for units without `[Install]`. */
  readonly preset?: "enable" | "disable";
}

const UNIT_FILE =
  /^\/usr\/lib\/systemd\/(system|user)\/([^/]+\.(?:service|socket|timer|path|mount|target|slice))$/;
const LINK =
  /^\/usr\/(?:etc|lib)\/systemd\/(system|user)\/(?:[^/]+\.(?:wants|requires)\/)?([^/]+)$/;

/** Units that come, go, change, or begin or cease to be started. */
export function unitChanges(
  repo: Repo,
  trees: { readonly before: Tree; readonly after: Tree },
  files: readonly PreviewFile[],
): PreviewUnit[] {
  const units = new Map<string, PreviewUnit["change"] | undefined>();
  for (const { path, before, after } of files) {
    const file = UNIT_FILE.exec(path);
    if (file) {
      units.set(`${file[1]}/${file[2]}`, before ? (after ? "changed" : "removed") : "added");
      continue;
    }
    const link = LINK.exec(path);
    const target = (after ?? before)?.target;
    if (!link || target === undefined || target === "/dev/null") continue;
    // A link under another name is an alias: what it leads to is started.
    const key = `${link[1]}/${target.slice(target.lastIndexOf("/") + 1)}`;
    if (!units.has(key)) units.set(key, undefined);
  }
  const changes: PreviewUnit[] = [];
  for (const [key, change] of [...units].sort(([a], [b]) => a < b ? -1 : 1)) {
    const [scope, name] = key.split("/") as ["system" | "user", string];
    const enabled = isEnabled(trees.after, scope, name);
    const was = isEnabled(trees.before, scope, name);
    if (change === undefined && enabled === was) continue;
    const text = readTreeText(repo, trees.after, `usr/lib/systemd/${scope}/${name}`);
    const preset = text !== undefined && /^\[Install\]/m.test(text)
      ? { preset: presetOf(repo, trees.after, scope, name) }
      : {};
    changes.push({
      name,
      scope,
      change: change ?? (enabled ? "enabled" : "disabled"),
      enabled,
      ...preset,
    });
  }
  return changes;
}

/** Whether a link of the tree starts a unit. */
function isEnabled(tree: Tree, scope: string, name: string): boolean {
  return ["usr/etc", "usr/lib"].some((root) => {
    const dir = `${root}/systemd/${scope}`;
    if (!tree.isDir(dir)) return false;
    return tree.list(dir).some(([child, entry]) => {
      if (entry.type === "dir") {
        return /\.(wants|requires)$/.test(child) &&
          tree.list(`${dir}/${child}`).some(([link]) => link === name);
      }
      const target = tree.linkTarget(`${dir}/${child}`);
      return target !== undefined && child !== name &&
        target.slice(target.lastIndexOf("/") + 1) === name;
    });
  });
}

/**
 * What the first rule of the tree's preset files says that fits a unit; `enable` where none does.
 *
 * @see systemd.preset(5)
 */
export function presetOf(
  repo: Repo,
  tree: Tree,
  scope: string,
  name: string,
): "enable" | "disable" {
  const files = new Map<string, string>();
  for (const root of ["usr/lib", "usr/etc"]) { // files of /etc take the place of those in /usr
    const dir = `${root}/systemd/${scope}-preset`;
    for (const [file] of tree.isDir(dir) ? tree.list(dir) : []) {
      if (file.endsWith(".preset")) files.set(file, `${dir}/${file}`);
    }
  }
  for (const [, path] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    for (const line of (readTreeText(repo, tree, path) ?? "").split("\n")) {
      const [verb, pattern] = line.trim().split(/\s+/);
      if ((verb !== "enable" && verb !== "disable") || pattern === undefined) continue;
      if (globPattern(pattern).test(name)) return verb;
    }
  }
  return "enable";
}

/** A shell's pattern. */
function globPattern(glob: string): RegExp {
  const text = glob.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${text}$`);
}
