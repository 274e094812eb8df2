import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { readTreeText, writeTreeText } from "../../assemble/tree_text.ts";
import { DPKG_DATABASE } from "../../assemble/root_layout.ts";
import { md5 } from "../../import/control_members.ts";

/** Where new accounts get their home: /home leads there, and so would every comparison of paths. */
const HOMES = "/var/home";

/** Files that say where, and the key that says it. */
const SETTINGS: readonly (readonly [path: string, key: string])[] = [
  ["etc/default/useradd", "HOME"],
  ["etc/adduser.conf", "DHOME"],
];

const STATUS = `${DPKG_DATABASE}/status`;

/**
 * Let useradd and adduser give new accounts a home below /var/home, where nobody chose another place.
 *
 * The files are conffiles: dpkg's database takes the image's version for the one that came with the
 * package, so that `dpkg --verify` finds nothing and an administrator's edits are told from ours.
 *
 * @see useradd(8), adduser.conf(5)
 */
export function moveHomeDirectories(repo: Repo, txn: Transaction, tree: Tree): void {
  const changes = SETTINGS.flatMap(([path, key]) => {
    const before = tree.linkTarget(path) === undefined ? readTreeText(repo, tree, path) : undefined;
    // Bytes that are no text would not survive; such a file has been chosen by somebody.
    if (before === undefined || before.includes("\ufffd")) return [];
    const after = setHome(before, key);
    return after === before ? [] : [{ path, before, after }];
  });
  for (const { path, after } of changes) {
    const entry = tree.lookup(path);
    const stat = entry?.type === "file" ? repo.statFile(entry.checksum) : undefined;
    const mode = stat?.type === "file" ? stat.mode & 0o7777 : 0o644;
    writeTreeText(txn, tree, path, after, mode);
  }
  const status = readTreeText(repo, tree, STATUS) ?? "";
  const recorded = changes.reduce(
    (text, { path, before, after }) =>
      text.replace(`\n /${path} ${digest(before)}`, `\n /${path} ${digest(after)}`),
    status,
  );
  if (recorded !== status) writeTreeText(txn, tree, STATUS, recorded);
}

/** The text with `key` set, in the place of its comment if there is one; as it is if it was chosen. */
export function setHome(text: string, key: string): string {
  const chosen = new RegExp(`^[ \\t]*${key}=(.*)$`, "m").exec(text)?.[1];
  if (chosen !== undefined && chosen.replaceAll('"', "").trim() !== "/home") return text;
  const line = `${key}=${HOMES}`;
  // One pass over each line: what a package ships may be a megabyte of spaces.
  const place = new RegExp(`^(?:[ \\t]*#)?[ \\t]*${key}=.*$`, "m");
  const set = chosen === undefined ? place : new RegExp(`^[ \\t]*${key}=.*$`, "m");
  if (set.test(text)) return text.replace(set, line);
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}

function digest(text: string): string {
  return md5(new TextEncoder().encode(text));
}
