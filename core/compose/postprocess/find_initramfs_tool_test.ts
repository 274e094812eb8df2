import { assertEquals, assertThrows } from "@std/assert";
import { inTemp } from "../../../tests/support/in_temp.ts";
import { makeTree } from "../../../tests/support/made_tree.ts";
import { ComposeError } from "../../error.ts";
import { findInitramfsTool } from "./find_initramfs_tool.ts";

const OSTREE = "usr/lib/ostree/ostree-prepare-root";
const FOUND: readonly (readonly [name: string, paths: readonly string[]])[] = [
  ["mkinitramfs", ["usr/sbin/mkinitramfs", OSTREE]],
  ["dracut", ["usr/bin/dracut", OSTREE]],
  ["mkinitramfs", ["usr/bin/dracut", "usr/sbin/mkinitramfs", OSTREE]],
];
const REFUSED: readonly (readonly [hint: string, paths: readonly string[]])[] = [
  ["Add the package initramfs-tools or dracut, or set no-initramfs: true", [OSTREE]],
  ["Add the package ostree-boot", ["usr/bin/dracut"]],
  ["Add the package ostree-boot", ["usr/sbin/mkinitramfs", "usr/bin/dracut"]],
];

function find(paths: readonly string[], dir: string): string {
  const { tree } = makeTree(dir, { files: Object.fromEntries(paths.map((path) => [path, "x"])) });
  return findInitramfsTool(tree).name;
}

Deno.test.each(FOUND)(
  "findInitramfsTool() finds %s in %j",
  (name, paths) => inTemp((dir) => assertEquals(find(paths, dir), name)),
);

Deno.test.each(REFUSED)("findInitramfsTool() says %j for %j", (hint, paths) =>
  inTemp((dir) => {
    const error = assertThrows(() => find(paths, dir), ComposeError);
    assertEquals([error.code, error.hint], ["compose/no-initramfs", hint]);
  }));
