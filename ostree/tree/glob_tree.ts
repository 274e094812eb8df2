import type { Tree, TreeEntry } from "./tree.ts";

/**
 * Paths of a tree that a pattern matches, in byte order within each directory.
 *
 * `*` and `?` match within a name, `[ab]` and `[!ab]` one character, `**` as a whole name any number of
 * directories. Names with a leading dot are no exception. Directories that cannot match are not opened,
 * links are not followed.
 *
 * @param pattern Without or with a leading slash, for example `usr/lib/modules/*` + `/vmlinuz`.
 */
export function* globTree(
  tree: Tree,
  pattern: string,
): Generator<[path: string, entry: TreeEntry]> {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const seen = new Set<string>();
  for (const found of match(tree, "", parts)) {
    if (seen.has(found[0])) continue; // `**/**` finds the same twice
    seen.add(found[0]);
    yield found;
  }
}

function* match(
  tree: Tree,
  path: string,
  parts: readonly string[],
): Generator<[string, TreeEntry]> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  const inside = (name: string) => path === "" ? name : `${path}/${name}`;
  if (!/[*?[\\]/.test(part)) {
    const entry = tree.lookup(inside(part));
    if (entry && rest.length === 0) yield [inside(part), entry];
    else if (entry?.type === "dir") yield* match(tree, inside(part), rest);
    return;
  }
  if (part === "**" && rest.length > 0) yield* match(tree, path, rest);
  const pattern = part === "**" ? /^/ : namePattern(part);
  for (const [name, entry] of tree.list(path)) {
    if (!pattern.test(name)) continue;
    const full = inside(name);
    if (part === "**") {
      if (rest.length === 0) yield [full, entry];
      if (entry.type === "dir") yield* match(tree, full, parts);
    } else if (rest.length === 0) yield [full, entry];
    else if (entry.type === "dir") yield* match(tree, full, rest);
  }
}

/** The regular expression of one name's pattern. */
function namePattern(part: string): RegExp {
  const source = part.replace(
    /\\(.)|\[(!?)(\]?[^\]]+)\]|[*?]|[.+^${}()|[\]\\]/gs,
    (found, escaped?: string, not?: string, set?: string) => {
      if (escaped !== undefined) return RegExp.escape(escaped);
      if (set !== undefined) return `[${not ? "^" : ""}${set.replace(/[\\\]^]/g, "\\$&")}]`;
      return found === "*" ? ".*" : found === "?" ? "." : `\\${found}`;
    },
  );
  return new RegExp(`^${source}$`, "su");
}
