import { RefError } from "./error.ts";
import { isChecksum } from "./object/name.ts";
import { entriesIfThere } from "./if_there.ts";

/**
 * Commit that a ref's file names; a link to another ref is followed.
 *
 * @param path Below the repository's `refs/`, for example `heads/stable`.
 * @returns `undefined` where there is no such file.
 * @throws {RefError} `ref/corrupt` if it holds no checksum.
 */
export function readRef(repo: string, path: string): string | undefined {
  let text: string;
  try {
    // A link may lead anywhere: what is no small file is not read.
    const info = Deno.statSync(`${repo}/refs/${path}`);
    if (info.isDirectory) return undefined;
    text = info.isFile && info.size <= 128 ? Deno.readTextFileSync(`${repo}/refs/${path}`) : "";
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return undefined;
    if (!(error instanceof Deno.errors.FilesystemLoop)) throw error;
    text = "";
  }
  const checksum = text.replace(/\n$/, "");
  if (isChecksum(checksum)) return checksum;
  throw new RefError(
    "ref/corrupt",
    `Cannot read ref "${path}" of "${repo}": it holds no checksum`,
    {
      subject: path,
      hint: "Restore it from a backup, or delete the file and pull again",
    },
  );
}

/**
 * All refs below a directory of `refs/`, sorted by name.
 *
 * @param top For example `heads/`; the names are without it.
 */
export function readRefs(repo: string, top: string): Map<string, string> {
  const refs: [string, string][] = [];
  const walk = (below: string) => {
    for (const entry of entriesIfThere(`${repo}/refs/${top}${below}`)) {
      const name = below + entry.name;
      if (entry.isDirectory) walk(`${name}/`);
      else {
        const checksum = readRef(repo, top + name);
        if (checksum !== undefined) refs.push([name, checksum]);
      }
    }
  };
  walk("");
  return new Map(refs.sort(([a], [b]) => a < b ? -1 : 1));
}

/** Local refs that are links, and the name of the ref that each leads to, sorted by name. */
export function readAliases(repo: string): Map<string, string> {
  const heads = `${repo}/refs/heads`;
  const aliases: [string, string][] = [];
  const walk = (below: string) => {
    for (const entry of entriesIfThere(`${heads}/${below}`)) {
      const name = below + entry.name;
      if (entry.isDirectory) walk(`${name}/`);
      if (!entry.isSymlink) continue;
      const target = new URL(Deno.readLinkSync(`${heads}/${name}`), `file:///${name}`);
      aliases.push([name, decodeURI(target.pathname.slice(1))]);
    }
  };
  walk("");
  return new Map(aliases.sort(([a], [b]) => a < b ? -1 : 1));
}
