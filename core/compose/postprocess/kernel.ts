import type { Tree } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";

/**
 * Release of the kernel in a tree, for example `6.1.0-40-cloud-amd64`.
 *
 * @returns `undefined` where there is none.
 * @throws {ComposeError} `compose/several-kernels`: a deployment boots one.
 */
export function kernelRelease(tree: Tree): string | undefined {
  const releases = tree.isDir("boot")
    ? tree.list("boot").flatMap(([name]) => /^vmlinu[xz]-(.+)$/.exec(name)?.[1] ?? [])
    : [];
  if (releases.length > 1) {
    throw new ComposeError(
      "compose/several-kernels",
      `Cannot compose a tree with ${releases.length} kernels: ${releases.join(", ")}`,
      {
        subject: releases[0]!,
        hint: "Leave all but one out with exclude-packages",
      },
    );
  }
  return releases[0];
}

/** Move the kernel's files from /boot to where libostree looks for them. */
export function moveKernel(tree: Tree, release: string): void {
  const dir = `usr/lib/modules/${release}`;
  tree.mkdir(dir);
  const moves = [["vmlinuz", "vmlinuz"], ["vmlinux", "vmlinuz"], ["config", "config"], [
    "System.map",
    "System.map",
  ]];
  for (const [from, to] of moves) {
    if (tree.lookup(`boot/${from}-${release}`)) {
      tree.rename(`boot/${from}-${release}`, `${dir}/${to}`);
    }
  }
  for (const [name] of tree.list("boot")) tree.remove(`boot/${name}`);
  for (const name of ["vmlinuz", "vmlinuz.old", "initrd.img", "initrd.img.old"]) tree.remove(name);
}
