import { run } from "./archive.ts";

/**
 * Check a commit out as a root file system that programs can run in: /etc in its place, the link to
 * dpkg's database made, as a booted host has them.
 *
 * @returns The directory.
 */
export async function checkoutSystem(repo: string, ref: string, dest: string): Promise<string> {
  await run("ostree", "checkout", `--repo=${repo}`, ref, dest);
  await run(
    "sh",
    "-ec",
    'cd "$1" && cp -a usr/etc etc && mkdir -p var/lib && ln -s ../../usr/lib/sysimage/dpkg var/lib/dpkg',
    "sh",
    dest,
  );
  return dest;
}
