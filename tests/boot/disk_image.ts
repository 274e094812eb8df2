import { hostRunner, type Runner } from "@apt-ostree/base";
import { DiskImageError } from "./error.ts";
import { installBiosGrub, installEfiGrub } from "./grub_image.ts";
import { formatSfdiskScript, partitionLayout, SECTOR_SIZE } from "./partition_layout.ts";
import { populateSysroot } from "./populate_sysroot.ts";

/** How {@linkcode makeDiskImage} makes a disk. */
export interface DiskImageOptions {
  /** Repository on this machine that has the commit. */
  readonly repo: string;
  /** Branch to deploy. */
  readonly ref: string;
  /** Remote that the deployed system asks for upgrades. */
  readonly remote: { readonly name: string; readonly url: string };
  /** Size of the disk in bytes; the file is sparse. @default {4_294_967_296} */
  readonly size?: number;
  /** Kernel arguments beside `root=` and `rw`. @default {[]} */
  readonly kernelArguments?: readonly string[];
  readonly runner?: Runner;
}

/** Label of the root filesystem. */
const ROOT_LABEL = "ostree-root";

/**
 * Make a disk image on which a commit is deployed, and which starts under a BIOS and under UEFI.
 *
 * Needs root for one mount, which no other process sees and which ends with it. A failed image is
 * removed.
 *
 * @param disk Path of the image, which must not exist.
 * @throws {Deno.errors.AlreadyExists} If the image exists.
 * @throws {RunError} If a program fails.
 */
export async function makeDiskImage(disk: string, options: DiskImageOptions): Promise<void> {
  const runner = options.runner ?? hostRunner;
  const size = options.size ?? 4 * 1024 ** 3;
  const layout = partitionLayout(size);
  (await Deno.open(disk, { createNew: true, write: true })).close();
  const scratch = await Deno.makeTempDir({ prefix: "apt-ostree-disk-" });
  try {
    await Deno.truncate(disk, size);
    await runner.run(["sfdisk", "--quiet", disk], { stdin: formatSfdiskScript(layout) });
    await populateSysroot(disk, {
      partition: layout.root,
      label: ROOT_LABEL,
      repo: options.repo,
      ref: options.ref,
      stateroot: "debian",
      remote: options.remote,
      kernelArguments: options.kernelArguments ?? [],
      scratch,
      runner,
    });
    const grub = { layout, rootLabel: ROOT_LABEL, scratch, runner };
    await installBiosGrub(disk, grub);
    await installEfiGrub(disk, grub);
  } catch (error) {
    await Deno.remove(disk);
    throw error;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/**
 * Check the root filesystem of a disk that {@linkcode makeDiskImage} made, changing nothing.
 *
 * @throws {DiskImageError} `image/not-unmounted` if its journal still holds changes.
 * @throws {RunError} If e2fsck finds an error.
 */
export async function checkDiskImage(disk: string, runner: Runner = hostRunner): Promise<void> {
  const { root } = partitionLayout((await Deno.stat(disk)).size);
  const at = `${disk}?offset=${root.start * SECTOR_SIZE}`;
  const { stdout } = await runner.run(["dumpe2fs", "-h", at]);
  if (/^Filesystem features:.*\bneeds_recovery\b/m.test(new TextDecoder().decode(stdout))) {
    throw new DiskImageError(
      "image/not-unmounted",
      `Cannot check "${disk}": its root filesystem was not unmounted`,
      { subject: disk, hint: "Shut the machine down before looking at its disk" },
    );
  }
  await runner.run(["e2fsck", "-f", "-n", at]);
}
