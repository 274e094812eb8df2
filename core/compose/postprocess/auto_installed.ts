import type { PlannedPackage } from "@apt-ostree/apt";
import type { Transaction, Tree } from "@apt-ostree/ostree";
import { writeTreeText } from "../../assemble/tree_text.ts";

/**
 * Tell the tree's apt which packages are there only because others need them.
 *
 * Essential packages and those that were asked for are not among them.
 *
 * @param native dpkg's name of the architecture, under which apt keeps packages for all of them.
 * @see apt-mark(8)
 */
export function writeAutoInstalled(
  txn: Transaction,
  tree: Tree,
  packages: readonly PlannedPackage[],
  native: string,
): void {
  if (!tree.isDir("var/lib/apt")) return;
  const stanzas = packages.filter((each) => each.reason === "dependency").map((each) => {
    const architecture = each.architecture === "all" ? native : each.architecture;
    return `Package: ${each.name}\nArchitecture: ${architecture}\nAuto-Installed: 1\n\n`;
  });
  writeTreeText(txn, tree, "var/lib/apt/extended_states", stanzas.sort().join(""));
}
