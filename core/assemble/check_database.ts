import type { Tree } from "@apt-ostree/ostree";
import { findMaker, ScriptError, type ScriptRun } from "@apt-ostree/sandbox";
import type { DpkgDatabase } from "./dpkg_database.ts";
import { DPKG_DATABASE } from "./root_layout.ts";

/**
 * Refuse what maintainer scripts left of dpkg's database, if it is not whole any more: what is merged
 * next would build on it.
 *
 * @param before How many packages it had before the scripts ran.
 * @param scripts What has run, for the name of the one that did it.
 * @throws {ScriptError} `script/refused`.
 */
export function checkDatabase(
  tree: Tree,
  database: DpkgDatabase,
  before: number,
  scripts: readonly ScriptRun[],
): void {
  const damage = findDamage(tree, database, before);
  const maker = damage && (findMaker(`/${damage.path}`, scripts) ?? scripts.at(-1));
  if (!maker) return;
  const { package: name, script, status } = maker;
  throw new ScriptError(
    "script/refused",
    `Cannot configure "${name}": its ${script} damaged dpkg's database: "/${damage.path}" ${damage.what}`,
    {
      package: name,
      script,
      status,
      output: "",
      hint: "Report it to the maintainer of the package; nothing was changed",
    },
  );
}

function findDamage(
  tree: Tree,
  database: DpkgDatabase,
  before: number,
): { readonly path: string; readonly what: string } | undefined {
  for (const name of ["", "/info"]) {
    const path = DPKG_DATABASE + name;
    const parts = path.split("/");
    const link = parts.findIndex((_, at) =>
      tree.lookup(parts.slice(0, at + 1).join("/"))?.type !== "dir"
    );
    if (link >= 0) return { path: parts.slice(0, link + 1).join("/"), what: "is no directory" };
  }
  const path = `${DPKG_DATABASE}/triggers`;
  const triggers = tree.lookup(path);
  if (triggers && triggers.type !== "dir") return { path, what: "is no directory" };
  const installed = database.installed();
  // Scripts remove no package; dpkg itself forgets those that are purged.
  if (before > 0 && installed.length === 0) {
    return { path: `${DPKG_DATABASE}/status`, what: "lists no package" };
  }
  for (const { state, databaseName } of installed) {
    if (state === "not-installed") continue;
    const list = `${DPKG_DATABASE}/info/${databaseName}.list`;
    if (tree.lookup(list)?.type !== "file") return { path: list, what: "is gone" };
  }
  return undefined;
}
