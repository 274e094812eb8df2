import type { Runner } from "@apt-ostree/base";
import { embedGrub } from "./grub_embed.ts";
import { type PartitionLayout, SECTOR_SIZE } from "./partition_layout.ts";

/** Where the Debian packages `grub-pc-bin` and `grub-efi-amd64-bin` put their modules. */
export const GRUB_DIRECTORY = "/usr/lib/grub";

/** Modules built into either image; a disk controller or firmware adds its own. */
const MODULES =
  "part_gpt search search_label normal configfile serial linux gzio echo test sleep " +
  "regexp syslinuxcfg";

/** What an image runs first: find the filesystem of the system, go on there. */
function earlyConfig(rootLabel: string): string {
  return `search --no-floppy --label --set=root ${rootLabel}\nset prefix=($root)/boot/grub\n`;
}

/**
 * Write GRUB for a BIOS to the start of a disk and to its BIOS boot partition.
 *
 * @param disk Path of the disk or its image, partitioned already.
 * @param options `rootLabel` is the label of the filesystem with `/boot/grub/grub.cfg`; `scratch` a
 * directory for intermediate files.
 */
export async function installBiosGrub(
  disk: string,
  options: { layout: PartitionLayout; rootLabel: string; scratch: string; runner: Runner },
): Promise<void> {
  const coreFile = await makeImage("i386-pc", "biosdisk ext2", options);
  const grub = embedGrub(
    await Deno.readFile(`${GRUB_DIRECTORY}/i386-pc/boot.img`),
    await Deno.readFile(coreFile),
    options.layout.biosBoot,
  );
  using file = await Deno.open(disk, { write: true });
  await writeAt(file, 0, grub.bootCode);
  await writeAt(file, options.layout.biosBoot.start * SECTOR_SIZE, grub.core);
}

/**
 * Make the EFI system partition of a disk, with GRUB where firmware looks for a removable disk's
 * boot loader.
 *
 * Mounts nothing: mtools fill a file, which is then copied into its place. (`mkfs.vfat --offset`
 * takes its geometry from the size of the whole disk, and mtools refuse the result.)
 */
export async function installEfiGrub(
  disk: string,
  options: { layout: PartitionLayout; rootLabel: string; scratch: string; runner: Runner },
): Promise<void> {
  const { layout: { efi }, scratch, runner } = options;
  const image = await makeImage("x86_64-efi", "ext2 fat efi_gop", options);
  const partition = `${scratch}/efi.img`;
  const kibibytes = efi.size * SECTOR_SIZE / 1024;
  const format = ["mkfs.vfat", "--invariant", "-F", "32", "-n", "EFI", "-C", partition];
  await runner.run([...format, `${kibibytes}`]);
  await runner.run(["mmd", "-i", partition, "::EFI", "::EFI/BOOT"]);
  await runner.run(["mcopy", "-i", partition, image, "::EFI/BOOT/BOOTX64.EFI"]);
  await copyInto(partition, disk, efi.start * SECTOR_SIZE);
}

async function makeImage(
  format: "i386-pc" | "x86_64-efi",
  modules: string,
  { rootLabel, scratch, runner }: { rootLabel: string; scratch: string; runner: Runner },
): Promise<string> {
  const config = `${scratch}/grub-early.cfg`;
  const image = `${scratch}/grub-${format}.img`;
  await Deno.writeTextFile(config, earlyConfig(rootLabel));
  const options = ["-O", format, "-c", config, "-p", "/boot/grub", "-o", image];
  await runner.run(["grub-mkimage", ...options, ...modules.split(" "), ...MODULES.split(" ")]);
  return image;
}

/** Copy a file to an offset of another that is empty there; blocks of zeros stay holes. */
async function copyInto(source: string, target: string, offset: number): Promise<void> {
  using from = await Deno.open(source);
  using to = await Deno.open(target, { write: true });
  const block = new Uint8Array(64 * 1024);
  for (let at = offset;;) {
    const length = await from.read(block);
    if (length === null) return;
    const piece = block.subarray(0, length);
    if (piece.some((byte) => byte !== 0)) await writeAt(to, at, piece);
    at += length;
  }
}

async function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
