import type { Tree } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";
import { DRACUT } from "./dracut.ts";
import type { InitramfsTool } from "./initramfs_tool.ts";
import { INITRAMFS_TOOLS } from "./initramfs_tools.ts";

/** All of them; of several in a tree the first one counts. */
const TOOLS: readonly InitramfsTool[] = [INITRAMFS_TOOLS, DRACUT];

/**
 * The program that builds the initramfs of a tree: mkinitramfs, or else dracut.
 *
 * @throws {ComposeError} `compose/no-initramfs` if the tree has neither, or lacks what it needs.
 */
export function findInitramfsTool(tree: Tree): InitramfsTool {
  const tool = TOOLS.find(({ program: [path] }) => tree.lookup(path));
  if (!tool) {
    throw new ComposeError(
      "compose/no-initramfs",
      "Cannot build an initramfs: the tree has neither initramfs-tools nor dracut",
      {
        subject: "initramfs-tools",
        hint: "Add the package initramfs-tools or dracut, or set no-initramfs: true",
      },
    );
  }
  const absent = tool.needs.find(([path]) => !tree.lookup(path));
  if (!absent) return tool;
  const [path, name] = absent;
  throw new ComposeError(
    "compose/no-initramfs",
    `Cannot build an initramfs by ${tool.name}: the tree lacks "/${path}"`,
    { subject: name, hint: `Add the package ${name}` },
  );
}
