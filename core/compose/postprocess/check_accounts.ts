import { parseGroup, parsePasswd } from "../../assemble/account_files.ts";
import type { Accounts } from "../../assemble/keep_ids.ts";
import { ComposeError } from "../../error.ts";
import { readTreefileFile } from "../../treefile/read_treefile.ts";
import type { AccountCheck, Treefile } from "../../treefile/treefile.ts";

/** Numbers of an account: of a user and perhaps its group, or of a group alone. */
type Ids = readonly number[];

/**
 * Check that users and groups are who they were: files on hosts belong to their numbers.
 *
 * @param previous Accounts of the parent commit, where there is one.
 * @throws {ComposeError} `compose/accounts-changed` with all that disappeared or got another number.
 */
export function checkAccounts(
  treefile: Pick<
    Treefile,
    "checkPasswd" | "checkGroups" | "ignoreRemovedUsers" | "ignoreRemovedGroups"
  >,
  now: Accounts,
  previous: Accounts | undefined,
): void {
  const users = new Map(now.users.map(({ name, uid, gid }) => [name, [uid, gid]]));
  const groups = new Map(now.groups.map(({ name, gid }) => [name, [gid]]));
  const before = {
    users: expected(
      treefile.checkPasswd,
      "check-passwd",
      previous && new Map(previous.users.map(({ name, uid, gid }) => [name, [uid, gid]])),
      (text) => new Map(parsePasswd(text).map(({ name, uid, gid }) => [name, [uid, gid]])),
    ),
    groups: expected(
      treefile.checkGroups,
      "check-groups",
      previous && new Map(previous.groups.map(({ name, gid }) => [name, [gid]])),
      (text) => new Map(parseGroup(text).map(({ name, gid }) => [name, [gid]])),
    ),
  };
  const found = [
    ...differences("user", users, before.users, treefile.ignoreRemovedUsers),
    ...differences("group", groups, before.groups, treefile.ignoreRemovedGroups),
  ];
  if (found.length === 0) return;
  throw new ComposeError(
    "compose/accounts-changed",
    `Cannot commit the tree: ${found.join("; ")}`,
    {
      subject: found[0]!,
      hint:
        "Files of hosts belong to these numbers. Bring the accounts back, or name what may go in ignore-removed-users and ignore-removed-groups",
    },
  );
}

function expected(
  check: AccountCheck,
  field: string,
  previous: ReadonlyMap<string, Ids> | undefined,
  parse: (text: string) => ReadonlyMap<string, Ids>,
): ReadonlyMap<string, Ids> {
  switch (check.type) {
    case "none":
      return new Map();
    case "previous":
      return previous ?? new Map();
    case "file":
      return parse(new TextDecoder().decode(readTreefileFile(check.file)));
    case "data":
      return new Map(
        Object.entries(check.entries).map((
          [name, ids],
        ) => [name, numbers(ids, `${field}.${name}`)]),
      );
  }
}

function numbers(value: unknown, place: string): Ids {
  const ids = [value].flat();
  if (ids.length > 0 && ids.length < 3 && ids.every((id) => Number.isInteger(id))) {
    return ids as number[];
  }
  throw new ComposeError(
    "compose/accounts-changed",
    `Cannot check accounts: ${place} is ${JSON.stringify(value)}`,
    { subject: place, hint: "Write NAME: UID, [UID] or [UID, GID]" },
  );
}

function differences(
  kind: string,
  now: ReadonlyMap<string, Ids>,
  before: ReadonlyMap<string, Ids>,
  mayGo: readonly string[],
): string[] {
  return [...before].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([name, wanted]) => {
    const ids = now.get(name);
    if (!ids) {
      return mayGo.includes("*") || mayGo.includes(name) ? [] : [`${kind} "${name}" is gone`];
    }
    const same = wanted.every((id, at) => ids[at] === undefined || ids[at] === id);
    return same ? [] : [`${kind} "${name}" was ${wanted.join(":")} and is ${ids.join(":")}`];
  });
}
