import { writeRawDeb } from "../../support/raw_deb.ts";
import { rawMember } from "../../support/raw_tar.ts";

/** What a package ships at a path, where the defaults do not do. */
export interface SmallNode {
  /** Text of a file. @default "" */
  readonly text?: string;
  /** Target of a symbolic link. */
  readonly link?: string;
  /** Path of an earlier file that this is another name of. */
  readonly hard?: string;
  /** @default 0o755 for directories and below bin, 0o644 for files, 0o777 for links */
  readonly mode?: number;
  /** @default {0} */
  readonly uid?: number;
  /** @default {0} */
  readonly gid?: number;
  /** @default "root" */
  readonly user?: string;
  /** @default "root" */
  readonly group?: string;
}

/** A package of a few entries, each under the programmer's control. */
export interface SmallDeb {
  readonly name: string;
  /** @default "1" */
  readonly version?: string;
  /** @default "all" */
  readonly arch?: string;
  /** Further control fields. */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * What it ships, in the order of the archive; a name that ends with a slash is a directory, a text a
   * file. Directories that lead to an entry come before it by themselves.
   */
  readonly ships?: Readonly<Record<string, string | SmallNode>>;
  /** Control members by name. Scripts get their first line by themselves. */
  readonly control?: Readonly<Record<string, string>>;
}

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm", "config"];

/** Name that apt gives the file. */
export function debFile({ name, version = "1", arch = "all" }: SmallDeb): string {
  return `${name}_${version.replace(/^\d+:/, "")}_${arch}.deb`;
}

/** Write a package into a directory. @returns Its path. */
export async function writeSmallDeb(dir: string, deb: SmallDeb): Promise<string> {
  const { name, version = "1", arch = "all" } = deb;
  const fields = {
    Package: name,
    Version: version,
    Architecture: arch,
    Maintainer: "Tests <tests@example.org>",
    ...deb.fields,
    ...deb.fields?.["Description"] ? {} : { Description: `${name} for tests` },
  };
  const control = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`).join("");
  const members = [...rawMember({ name: "./control" }, control)];
  for (const [member, text] of Object.entries(deb.control ?? {})) {
    const script = SCRIPTS.includes(member);
    const body = script ? `#!/bin/sh\nset -e\n${text}\n` : text;
    members.push(...rawMember({ name: `./${member}`, mode: script ? 0o755 : 0o644 }, body));
  }
  const path = `${dir}/${debFile(deb)}`;
  await writeRawDeb(path, { control: members, data: dataMembers(deb.ships ?? {}) });
  return path;
}

function dataMembers(ships: NonNullable<SmallDeb["ships"]>): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const done = new Set<string>();
  const add = (path: string, node: SmallNode, directory: boolean) => {
    done.add(path);
    const { text = "", link, hard, uid = 0, gid = 0, user: owner = "root", group = "root" } = node;
    const flag = directory ? "5" : link !== undefined ? "2" : hard !== undefined ? "1" : "0";
    const usual = directory || /bin\/[^/]*$/.test(path)
      ? 0o755
      : link === undefined
      ? 0o644
      : 0o777;
    const name = path === "" ? "./" : `./${path}${directory ? "/" : ""}`;
    const header = {
      ...{ name, flag, mode: node.mode ?? usual, uid, gid, owner, group },
      ...(link === undefined ? hard === undefined ? {} : { link: `./${hard}` } : { link }),
    };
    blocks.push(...rawMember(header, flag === "0" ? text : ""));
  };
  add("", {}, true);
  for (const [key, value] of Object.entries(ships)) {
    const directory = key.endsWith("/");
    const path = key.replace(/\/$/, "");
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
      const parent = path.slice(0, at);
      if (!done.has(parent)) add(parent, {}, true);
    }
    add(path, typeof value === "string" ? { text: value } : value, directory);
  }
  return blocks;
}
