import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { type Group, parseGroup, parsePasswd, type User } from "./account_files.ts";
import { readTreeText } from "./tree_text.ts";

/** Accounts of a system. */
export interface Accounts {
  /** From `/etc/passwd`. */
  readonly users: readonly User[];
  /** From `/etc/group`. */
  readonly groups: readonly Group[];
}

/** Which numbers become which others. */
export interface IdChanges {
  readonly users: ReadonlyMap<number, number>;
  readonly groups: ReadonlyMap<number, number>;
}

/** Numbers that scripts hand out; those below belong to Debian, those above to people. */
const FIRST_DYNAMIC = 100;
const LAST_DYNAMIC = 999;

/**
 * Which accounts need another number, so that everyone keeps the one of the build before.
 *
 * Scripts count up as packages happen to be configured; a package more may shift all that come after.
 * Hosts have files of these numbers: a number must never pass from one account to another.
 */
export function planIds(now: Accounts, before: Accounts): IdChanges {
  const users = renumber(
    now.users.map(({ name, uid }) => [name, uid]),
    before.users.map(({ name, uid }) => [name, uid]),
  );
  const groups = renumber(
    now.groups.map(({ name, gid }) => [name, gid]),
    before.groups.map(({ name, gid }) => [name, gid]),
  );
  return { users, groups };
}

function renumber(
  now: readonly (readonly [name: string, id: number])[],
  before: readonly (readonly [name: string, id: number])[],
): Map<number, number> {
  const dynamic = ([, id]: readonly [string, number]) => id >= FIRST_DYNAMIC && id <= LAST_DYNAMIC;
  const kept = new Map(before.filter(dynamic));
  const mine = now.filter(dynamic);
  // Numbers of accounts that are gone stay unused where others would newly get them.
  const taken = new Set(kept.values());
  const changes = new Map<number, number>();
  for (const [name, id] of mine) {
    const wanted = kept.get(name);
    if (wanted !== undefined && wanted !== id) changes.set(id, wanted);
  }
  for (const [name, id] of mine) {
    if (kept.has(name) || !taken.has(id)) continue;
    const used = new Set([...taken, ...mine.map(([, each]) => each)]);
    let free = id;
    while (used.has(free)) free = free >= LAST_DYNAMIC ? FIRST_DYNAMIC : free + 1;
    changes.set(id, free);
    taken.add(free);
  }
  return changes;
}

/**
 * Give accounts other numbers, in the files that list them and in the owner of every file.
 *
 * The tree is walked only where a number changes at all.
 */
export function changeIds(repo: Repo, txn: Transaction, tree: Tree, changes: IdChanges): void {
  const { users, groups } = changes;
  if (users.size === 0 && groups.size === 0) return;
  rewrite(repo, txn, tree, "etc/passwd", (fields) => {
    change(fields, 2, users);
    change(fields, 3, groups);
  });
  rewrite(repo, txn, tree, "etc/group", (fields) => change(fields, 2, groups));
  const owner = ({ uid, gid }: { readonly uid: number; readonly gid: number }) => ({
    uid: users.get(uid) ?? uid,
    gid: groups.get(gid) ?? gid,
  });
  for (const [path, entry] of [...tree.walk()]) {
    if (entry.type === "dir") {
      const meta = tree.meta(path);
      const next = owner(meta);
      if (next.uid !== meta.uid || next.gid !== meta.gid) tree.setMeta(path, { ...meta, ...next });
      continue;
    }
    if (!repo.hasObject(entry.checksum, "file")) continue; // one of the two just rewritten: root's
    const { size: _, ...meta } = repo.statFile(entry.checksum);
    const next = owner(meta);
    if (next.uid === meta.uid && next.gid === meta.gid) continue;
    tree.putFile(
      path,
      meta.type === "symlink"
        ? txn.writeSymlink({ ...meta, ...next }, meta.target)
        : txn.writeFile({ ...meta, ...next }, repo.readFile(entry.checksum, { maxSize: Infinity })),
    );
  }
}

/** Accounts that a commit's tree has; none where it has no such files. */
export function committedAccounts(repo: Repo, tree: Tree): Accounts {
  return {
    users: parsePasswd(readTreeText(repo, tree, "usr/etc/passwd") ?? ""),
    groups: parseGroup(readTreeText(repo, tree, "usr/etc/group") ?? ""),
  };
}

function rewrite(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  path: string,
  edit: (fields: string[]) => void,
): void {
  const text = readTreeText(repo, tree, path);
  if (text === undefined) return;
  const lines = text.split("\n").map((line) => {
    const fields = line.split(":");
    edit(fields);
    return fields.join(":");
  });
  const bytes = new TextEncoder().encode(lines.join("\n"));
  tree.putFile(path, txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, bytes));
}

function change(fields: string[], at: number, changes: ReadonlyMap<number, number>): void {
  const next = changes.get(Number(fields[at]));
  if (fields[at] !== undefined && fields[at] !== "" && next !== undefined) {
    fields[at] = String(next);
  }
}
