import type { Repo, Tree } from "@apt-ostree/ostree";
import type { Sandbox } from "@apt-ostree/sandbox";
import { readTreeText } from "../../assemble/tree_text.ts";
import { ComposeError } from "../../error.ts";
import { readAccounts } from "./accounts.ts";

const PROGRAM = "usr/bin/systemd-sysusers";
const DIRECTORY = "usr/lib/sysusers.d";

/** Accounts that the tree's sysusers.d files ask for and that nobody has made yet. */
export function missingAccounts(repo: Repo, tree: Tree): string[] {
  const { users, groups } = readAccounts(repo, tree);
  const known = {
    u: new Set(users.map(({ name }) => name)),
    g: new Set(groups.map(({ name }) => name)),
  };
  const missing = new Set<string>();
  for (const [name] of tree.isDir(DIRECTORY) ? tree.list(DIRECTORY) : []) {
    if (!name.endsWith(".conf")) continue;
    for (const line of (readTreeText(repo, tree, `${DIRECTORY}/${name}`) ?? "").split("\n")) {
      const [, type, account] = /^\s*([ug])!?\s+"?([\w.-]+)/.exec(line) ?? [];
      if (account !== undefined && !known[type as "u" | "g"].has(account)) missing.add(account);
    }
  }
  return [...missing];
}

/**
 * Let the tree's systemd-sysusers make the accounts that sysusers.d files ask for.
 *
 * @throws {ComposeError} `compose/no-sysusers` if it fails, or is forced and not there.
 */
export async function runSysusers(
  sandbox: Sandbox,
  tree: Tree,
  options: { readonly forced: boolean; readonly signal?: AbortSignal },
): Promise<void> {
  const { forced, ...call } = options;
  const fail = (what: string, hint: string): never => {
    throw new ComposeError("compose/no-sysusers", `Cannot make the tree's accounts: ${what}`, {
      subject: `/${PROGRAM}`,
      hint,
    });
  };
  if (!tree.lookup(PROGRAM)) {
    if (!forced) return;
    fail(`it lacks "/${PROGRAM}"`, "Add the package systemd, or leave sysusers out");
  }
  const { status, output } = await sandbox.run({ argv: ["systemd-sysusers"], ...call });
  if (status === 0) return;
  fail(
    `systemd-sysusers ended with status ${status}\n${output.trimEnd()}`,
    "The lines above are what it wrote; nothing was changed",
  );
}
