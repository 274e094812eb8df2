import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { field, splitStatus } from "../assemble/status_file.ts";
import { readTreeText, writeTreeText } from "../assemble/tree_text.ts";
import type { LayeringPlan } from "./plan_layering.ts";

const FILE = "var/lib/apt/extended_states";

/**
 * Tell the tree's apt which of the new packages are there only because others need them, and to forget
 * those that are gone.
 *
 * @param native dpkg's name of the architecture, under which apt keeps packages for all of them.
 * @see apt-mark(8)
 */
export function changeAutoInstalled(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  plan: LayeringPlan,
  native: string,
): void {
  if (!tree.isDir("var/lib/apt")) return;
  const key = (name: string, architecture: string) =>
    `${name}:${architecture === "all" ? native : architecture}`;
  const before = splitStatus(readTreeText(repo, tree, FILE) ?? "");
  const stanzas = new Map(
    before.map((each) => [key(field(each, "Package"), field(each, "Architecture")), each]),
  );
  for (const { name, architecture } of plan.removals) stanzas.delete(key(name, architecture));
  for (const { name, architecture, replaces, reason } of plan.packages) {
    if (replaces !== undefined || reason !== "dependency") continue;
    const arch = architecture === "all" ? native : architecture;
    const text = `Package: ${name}\nArchitecture: ${arch}\nAuto-Installed: 1`;
    stanzas.set(key(name, architecture), text);
  }
  const text = [...stanzas.values()].map((each) => `${each}\n\n`).sort().join("");
  if (text !== "" || before.length > 0) writeTreeText(txn, tree, FILE, text);
}
