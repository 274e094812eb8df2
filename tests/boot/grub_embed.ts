import { DiskImageError } from "./error.ts";
import { type Partition, SECTOR_SIZE } from "./partition_layout.ts";

/** Bytes of the first sector that are code; the partition table's protective MBR follows. */
const BOOT_CODE_SIZE = 440;
/** In boot.img: sector where the core image starts, 64 bits. */
const BOOT_KERNEL_SECTOR = 0x5c;
/** In boot.img: the drive to read from; 0xff takes the one that the BIOS names. */
const BOOT_DRIVE = 0x64;
/** In boot.img: a jump that tests the drive number for a BIOS that passes a wrong one. */
const BOOT_DRIVE_CHECK = 0x66;
/** In the first sector of core.img: the block list that says where the rest lies. */
const CORE_BLOCK_LIST = 0x1f4;
/** Segment at which the rest of the core image is loaded. */
const CORE_SEGMENT = 0x820;

/** GRUB for a BIOS, ready to be written to a disk. */
export interface EmbeddedGrub {
  /** For the start of the disk, 440 bytes. */
  readonly bootCode: Uint8Array;
  /** For the start of the BIOS boot partition, whole sectors. */
  readonly core: Uint8Array;
}

/**
 * Tell GRUB's two images where they will lie, as `grub-bios-setup` does.
 *
 * That program wants a device that the running kernel has partitioned; this needs nothing.
 *
 * Pure: `bootImage` and `coreImage` stay as they are.
 *
 * @param bootImage `boot.img` of GRUB's i386-pc directory, one sector.
 * @param coreImage What `grub-mkimage -O i386-pc` made.
 * @param partition The BIOS boot partition.
 * @throws {DiskImageError} `image/bad-boot-image` if `bootImage` is not one sector that ends in the
 * boot signature; `image/core-too-large` if the core does not fit the partition.
 * @see GRUB's util/setup.c and include/grub/i386/pc/boot.h
 */
export function embedGrub(
  bootImage: Uint8Array,
  coreImage: Uint8Array,
  partition: Partition,
): EmbeddedGrub {
  if (bootImage.length !== SECTOR_SIZE || bootImage[510] !== 0x55 || bootImage[511] !== 0xaa) {
    throw new DiskImageError(
      "image/bad-boot-image",
      `Cannot embed GRUB: its boot.img of ${bootImage.length} bytes is no boot sector`,
      { hint: "Install grub-pc-bin again" },
    );
  }
  const sectors = Math.ceil(coreImage.length / SECTOR_SIZE);
  if (sectors < 2 || sectors > partition.size) {
    throw new DiskImageError(
      "image/core-too-large",
      `Cannot embed GRUB: its core image has ${sectors} sectors, the partition ${partition.size}`,
      { subject: partition.name, hint: "Give grub-mkimage fewer modules" },
    );
  }
  const bootCode = bootImage.slice(0, BOOT_CODE_SIZE);
  const bootView = new DataView(bootCode.buffer);
  bootView.setBigUint64(BOOT_KERNEL_SECTOR, BigInt(partition.start), true);
  bootView.setUint8(BOOT_DRIVE, 0xff);
  bootView.setUint16(BOOT_DRIVE_CHECK, 0x9090); // two NOPs

  const core = new Uint8Array(sectors * SECTOR_SIZE);
  core.set(coreImage);
  const coreView = new DataView(core.buffer);
  coreView.setBigUint64(CORE_BLOCK_LIST, BigInt(partition.start + 1), true);
  coreView.setUint16(CORE_BLOCK_LIST + 8, sectors - 1, true);
  coreView.setUint16(CORE_BLOCK_LIST + 10, CORE_SEGMENT, true);
  return { bootCode, core };
}
