import type { Accounts } from "../../assemble/keep_ids.ts";

/**
 * The sysusers.d lines that give a host the accounts which scripts made in the tree, under the same
 * numbers.
 *
 * A host that has edited its own `/etc/passwd` keeps that file over an upgrade; these lines bring it
 * the accounts that the new image relies on.
 *
 * @param made All accounts of the finished tree.
 * @param given Accounts that every host has already: those of base-passwd.
 * @returns Lines in a fixed order: groups, users, memberships, each sorted by name.
 * @see sysusers.d(5)
 */
export function formatSysusers(made: Accounts, given: Accounts): string[] {
  const givenUsers = new Set(given.users.map((user) => user.name));
  const givenGroups = new Map(given.groups.map((group) => [group.name, group]));
  const groupNames = new Map(made.groups.map((group) => [group.gid, group.name]));
  const groups = made.groups.filter((group) => !givenGroups.has(group.name));
  const users = made.users.filter((user) => !givenUsers.has(user.name));
  const members = made.groups.flatMap((group) => {
    const before = new Set(givenGroups.get(group.name)?.members ?? []);
    return group.members.filter((user) => !before.has(user)).map((user) =>
      `m ${user} ${group.name}`
    );
  });
  return [
    ...sorted(groups.map((group) => `g ${group.name} ${group.gid}`)),
    ...sorted(users.map((user) => {
      const group = groupNames.get(user.gid) ?? String(user.gid);
      const gecos = user.gecos === "" ? "-" : `"${user.gecos.replace(/[\\"]/g, "\\$&")}"`;
      return `u ${user.name} ${user.uid}:${group} ${gecos} ${user.home || "-"} ${
        user.shell || "-"
      }`;
    })),
    ...sorted(members),
  ];
}

function sorted(lines: string[]): string[] {
  return lines.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
}
