/** Length of a sector, in bytes, wherever this folder counts sectors. */
export const SECTOR_SIZE = 512;

/** One partition of a disk, in sectors. */
export interface Partition {
  /** Name in the partition table. */
  readonly name: string;
  /** Type, as a GUID. */
  readonly type: string;
  /** First sector. */
  readonly start: number;
  /** Length in sectors. */
  readonly size: number;
}

/** Where things lie on a disk that starts under a BIOS and under UEFI alike. */
export interface PartitionLayout {
  /** Holds GRUB's core image for a BIOS; has no filesystem. */
  readonly biosBoot: Partition;
  /** EFI system partition, FAT. */
  readonly efi: Partition;
  /** Everything else: `/boot` and the OSTree sysroot. */
  readonly root: Partition;
}

/** A MiB in sectors; partitions start at multiples of it. */
const MIB = 2048;

/**
 * Divide a disk into a BIOS boot partition of 1 MiB, an EFI system partition of 64 MiB and a root
 * partition that takes the rest.
 *
 * @param diskSize Size of the disk in bytes, at least 256 MiB.
 * @throws {RangeError} If the disk is smaller: a bug in the caller.
 * @see UEFI 2.10, section 5.3; https://uapi-group.org/specifications/specs/discoverable_partitions_specification/
 */
export function partitionLayout(diskSize: number): PartitionLayout {
  const sectors = Math.floor(diskSize / SECTOR_SIZE);
  if (!(sectors >= 256 * MIB)) throw new RangeError(`Cannot divide a disk of ${diskSize} bytes`);
  const biosBoot = {
    name: "bios-boot",
    type: "21686148-6449-6E6F-744E-656564454649",
    start: MIB,
    size: MIB,
  };
  const efi = {
    name: "efi-system",
    type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    start: 2 * MIB,
    size: 64 * MIB,
  };
  const start = efi.start + efi.size;
  // The last MiB stays free for the backup of the partition table.
  const size = Math.floor((sectors - MIB - start) / MIB) * MIB;
  const root = { name: "root", type: "0FC63DAF-8483-4772-8E79-3D69D8477DE4", start, size };
  return { biosBoot, efi, root };
}

/** The layout as `sfdisk` reads it from its standard input. */
export function formatSfdiskScript(layout: PartitionLayout): string {
  const lines = [layout.biosBoot, layout.efi, layout.root].map((part) =>
    `start=${part.start}, size=${part.size}, type=${part.type}, name="${part.name}"`
  );
  return ["label: gpt", "unit: sectors", "", ...lines, ""].join("\n");
}
