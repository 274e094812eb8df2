import { createHash } from "node:crypto";
import { readXattrs } from "@apt-ostree/base";

readXattrs("/"); // loads the C library before a test can be blamed for it

/**
 * Everything below a directory as sorted lines: path, kind, mode, owner, content or target, attributes.
 *
 * @param skip Whether a path is left out, with all below it.
 */
export function listTree(root: string, skip: (path: string) => boolean = () => false): string[] {
  const lines: string[] = [];
  const visit = (path: string) => {
    const full = path === "" ? root : `${root}/${path}`;
    const info = Deno.lstatSync(full);
    const kind = info.isSymlink
      ? "link"
      : info.isDirectory
      ? "dir"
      : info.isFile
      ? "file"
      : "other";
    const mode = info.isSymlink ? "" : (info.mode! & 0o7777).toString(8);
    const content = info.isSymlink
      ? Deno.readLinkSync(full)
      : info.isFile
      ? createHash("sha256").update(Deno.readFileSync(full)).digest("hex")
      : "";
    const xattrs = readXattrs(full).map(([name, value]) => `${name}=${value.toHex()}`).join(" ");
    lines.push(`/${path} ${kind} ${mode} ${info.uid}:${info.gid} ${content} ${xattrs}`.trimEnd());
    if (!info.isDirectory) return;
    for (const { name } of Deno.readDirSync(full)) {
      const below = path === "" ? name : `${path}/${name}`;
      if (!skip(below)) visit(below);
    }
  };
  visit("");
  return lines.sort();
}
