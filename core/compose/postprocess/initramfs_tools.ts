import { writeTreeText } from "../../assemble/tree_text.ts";
import type { InitramfsTool } from "./initramfs_tool.ts";

/** Copies the program that switches to a deployment into the initramfs. */
const HOOK = `#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/lib/ostree/ostree-prepare-root /usr/lib/ostree/ostree-prepare-root
`;

/** Runs when the root is mounted and /dev has not moved there yet. */
const SCRIPT = `#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
. /scripts/functions
for word in $(cat /proc/cmdline); do
  case "$word" in
    ostree=*)
      /usr/lib/ostree/ostree-prepare-root "\${rootmnt}" || panic "ostree-prepare-root failed"
      ;;
  esac
done
`;

/** An image fits every machine: it must not look for the swap of the one that builds it. */
const CONFIGURATION = "RESUME=none\n";

/** Debian's own: it gets a hook and a script of ours, since ostree-boot has none for it. */
export const INITRAMFS_TOOLS: InitramfsTool = {
  name: "mkinitramfs",
  program: ["usr/sbin/mkinitramfs", "initramfs-tools"],
  needs: [["usr/lib/ostree/ostree-prepare-root", "ostree-boot"]],
  scripts: ["usr/share/initramfs-tools", "etc/initramfs-tools", "usr/sbin/mkinitramfs"],
  prepare(txn, tree) {
    const dir = "usr/share/initramfs-tools";
    writeTreeText(txn, tree, `${dir}/hooks/apt-ostree`, HOOK, 0o755);
    writeTreeText(txn, tree, `${dir}/scripts/local-bottom/apt-ostree`, SCRIPT, 0o755);
    writeTreeText(txn, tree, `${dir}/conf.d/apt-ostree`, CONFIGURATION);
  },
  build: (_, { release, image, args }) => ["mkinitramfs", ...args, "-o", image, release],
};
