/** Links that are followed before a path is given up. */
const MOST_LINKS = 40;

/**
 * Where a path of a root file system lies when the links in it are followed inside that root.
 *
 * Nothing of the host is reached, whatever the links say.
 *
 * @param root Directory on the host.
 * @param path Path inside, with or without leading slash.
 * @returns The path without leading slash, no part of which is a link; `undefined` where it does not
 * exist or its links go round in circles.
 */
export function resolveInside(root: string, path: string): string | undefined {
  const real: string[] = [];
  const rest = path.split("/").reverse();
  for (let links = 0; rest.length > 0;) {
    const part = rest.pop()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      real.pop();
      continue;
    }
    const full = [root, ...real, part].join("/");
    const info = lstat(full);
    if (!info) return undefined;
    if (!info.isSymlink) {
      real.push(part);
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    const target = Deno.readLinkSync(full);
    if (target.startsWith("/")) real.length = 0;
    rest.push(...target.split("/").reverse());
  }
  return real.join("/");
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
