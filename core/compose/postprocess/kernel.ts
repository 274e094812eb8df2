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
  return onlyKernel(releases);
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

/**
 * Release of the kernel in a tree of the form that libostree deploys.
 *
 * @returns `undefined` where there is none.
 * @throws {ComposeError} `compose/several-kernels`.
 */
export function committedKernel(tree: Tree): string | undefined {
  const dir = "usr/lib/modules";
  const releases = tree.isDir(dir)
    ? tree.list(dir).map(([name]) => name).filter((name) => tree.lookup(`${dir}/${name}/vmlinuz`))
    : [];
  return onlyKernel(releases);
}

function onlyKernel(releases: readonly string[]): string | undefined {
  if (releases.length <= 1) return releases[0];
  throw new ComposeError(
    "compose/several-kernels",
    `Cannot compose a tree with ${releases.length} kernels: ${releases.join(", ")}`,
    {
      subject: releases[0]!,
      hint: "Leave all but one out with exclude-packages, or remove the others in the same step",
    },
  );
}
