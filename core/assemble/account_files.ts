/** One line of `/etc/passwd`. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

/** One line of `/etc/group`. */
export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Read `/etc/passwd`; lines that are not seven fields with numbers are left out. @see passwd(5) */
export function parsePasswd(text: string): User[] {
  const users: User[] = [];
  for (const line of text.split("\n")) {
    const [name, , uid, gid, gecos, home, shell] = line.split(":");
    if (!name || shell === undefined || !/^\d+$/.test(uid!) || !/^\d+$/.test(gid!)) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid), gecos: gecos!, home: home!, shell });
  }
  return users;
}

/** Read `/etc/group`; lines that are not four fields with a number are left out. @see group(5) */
export function parseGroup(text: string): Group[] {
  const groups: Group[] = [];
  for (const line of text.split("\n")) {
    const [name, , gid, members] = line.split(":");
    if (!name || members === undefined || !/^\d+$/.test(gid!)) continue;
    groups.push({ name, gid: Number(gid), members: members.split(",").filter((m) => m !== "") });
  }
  return groups;
}
