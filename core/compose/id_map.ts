import { pathExists } from "@apt-ostree/base";
import { readRootFacts } from "@apt-ostree/sandbox";

/** Where a repository of mode bare says which ids its files' owners were written with. */
const FILE = "state/aptostree-ids";

/**
 * How the ids of this process show on the disk; "" where they are what they seem.
 *
 * @see user_namespaces(7)
 */
export function currentIdMap(): string {
  const { users, groups } = readRootFacts();
  return users.concat(groups).every(({ inside, outside }) => inside === outside)
    ? ""
    : JSON.stringify({ users, groups });
}

/** Whether owners in a repository of mode bare mean to this process what they meant to its writer. */
export function hasSameIds(repo: string): boolean {
  const file = `${repo}/${FILE}`;
  return !pathExists(repo) ||
    (pathExists(file) ? Deno.readTextFileSync(file) : "") === currentIdMap();
}

/** Note which ids a new repository is written with. */
export function noteIds(repo: string): void {
  const map = currentIdMap();
  if (map !== "") Deno.writeTextFileSync(`${repo}/${FILE}`, map);
}
