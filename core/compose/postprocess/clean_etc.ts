import type { Transaction, Tree } from "@apt-ostree/ostree";
import { writeTreeText } from "../../assemble/tree_text.ts";

/** Files of /etc that belong to one machine, or that programs leave behind. */
const REMOVED = [
  ...["hostname", "hosts", "mailname", "resolv.conf", "mtab", "adjtime", ".pwd.lock"],
  ...["passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-", ".updated"],
];

/** Keys that every host must make for itself. */
const HOST_KEYS = /^ssh_host_.*key(\.pub)?$/;

/**
 * Take from /etc what must not be the same on all hosts, and give it an empty `machine-id`, which the
 * first boot fills in.
 *
 * @param options.machineidCompat Whether that file is there at all.
 */
export function cleanEtc(
  txn: Transaction,
  tree: Tree,
  options: { readonly machineidCompat: boolean },
): void {
  for (const name of REMOVED) tree.remove(`etc/${name}`);
  if (tree.isDir("etc/ssh")) {
    for (const [name] of tree.list("etc/ssh")) {
      if (HOST_KEYS.test(name)) tree.remove(`etc/ssh/${name}`);
    }
  }
  if (options.machineidCompat) writeTreeText(txn, tree, "etc/machine-id", "", 0o444);
  else tree.remove("etc/machine-id");
  // The root file system comes from the kernel command line.
  if (tree.lookup("etc/fstab")) writeTreeText(txn, tree, "etc/fstab", "");
}
