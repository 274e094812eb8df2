import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { parseGroup, parsePasswd } from "../../assemble/account_files.ts";
import { readTreeText, writeTreeText } from "../../assemble/tree_text.ts";
import type { Accounts } from "../../assemble/keep_ids.ts";
import { formatSysusers } from "./sysusers_lines.ts";

/** Accounts of a tree whose `/etc` is still in its own place. */
export function readAccounts(repo: Repo, tree: Tree): Accounts {
  const text = (path: string) => readTreeText(repo, tree, path) ?? "";
  return { users: parsePasswd(text("etc/passwd")), groups: parseGroup(text("etc/group")) };
}

/** Write the sysusers.d file that brings the accounts which scripts made to every host. */
export function writeSysusers(repo: Repo, txn: Transaction, tree: Tree, accounts: Accounts): void {
  const master = (name: string) =>
    readTreeText(repo, tree, `usr/share/base-passwd/${name}.master`) ?? "";
  const given = { users: parsePasswd(master("passwd")), groups: parseGroup(master("group")) };
  const lines = formatSysusers(accounts, given);
  if (lines.length === 0) return;
  const text = `# Accounts of this image, under the numbers that its files have.\n${
    lines.join("\n")
  }\n`;
  writeTreeText(txn, tree, "usr/lib/sysusers.d/apt-ostree.conf", text);
}
