import type { Runner } from "@apt-ostree/base";
import { GRUB_DIRECTORY } from "./grub_image.ts";
import { type Partition, SECTOR_SIZE } from "./partition_layout.ts";

/** What to deploy, and where from. */
export interface PopulateOptions {
  /** Partition of the disk that becomes the root filesystem. */
  readonly partition: Partition;
  /** Label of the root filesystem. */
  readonly label: string;
  /** Repository on this machine that has the commit. */
  readonly repo: string;
  /** Branch to deploy, for example `debian/12/x86_64/minimal`. */
  readonly ref: string;
  /** Name of the stateroot, for example `debian`. */
  readonly stateroot: string;
  /** Remote that the deployed system asks for upgrades. */
  readonly remote: { readonly name: string; readonly url: string };
  /** Kernel arguments beside `root=` and `rw`. */
  readonly kernelArguments: readonly string[];
  /** Directory for intermediate files. */
  readonly scratch: string;
  readonly runner: Runner;
}

/**
 * GRUB's whole configuration. It never changes: libostree writes `syslinux.cfg` beside the boot
 * entries and flips both with one rename.
 */
const GRUB_CONFIG = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=2
set default=0
syslinux_configfile -s ($root)/boot/loader/syslinux.cfg
`;

/**
 * Makes the sysroot on $disk at $offset and deploys $ref there, by the real ostree.
 *
 * It runs in a mount namespace of its own, and mount(8) marks its loop device to be freed with the
 * last mount: however this ends, neither a mount nor a loop device is left behind.
 */
const SCRIPT = `
disk=$1 offset=$2 size=$3 root=$4 repo=$5 ref=$6 stateroot=$7 remote=$8 url=$9
shift 9
grub=$1 config=$2
shift 2
mount -t ext4 -o "loop,offset=$offset,sizelimit=$size" "$disk" "$root"
ostree admin init-fs --modern "$root"
ostree admin os-init "$stateroot" --sysroot="$root"
ostree config --repo="$root/ostree/repo" set sysroot.bootloader syslinux
ostree config --repo="$root/ostree/repo" set sysroot.readonly true
ostree remote add --repo="$root/ostree/repo" --no-gpg-verify "$remote" "$url"

# libostree takes the syslinux way where it finds this file.
mkdir "$root/boot/loader.0" "$root/boot/syslinux"
ln -s loader.0 "$root/boot/loader"
ln -s ../loader/syslinux.cfg "$root/boot/syslinux/syslinux.cfg"
echo 'TIMEOUT 10' > "$root/boot/loader.0/syslinux.cfg"
mkdir -p "$root/boot/grub/i386-pc"
cp "$config" "$root/boot/grub/grub.cfg"
cp "$grub"/i386-pc/*.mod "$grub"/i386-pc/*.lst "$root/boot/grub/i386-pc/"

ostree --repo="$root/ostree/repo" pull-local --disable-fsync --remote="$remote" "$repo" "$ref"
ostree admin deploy --sysroot="$root" --os="$stateroot" "$@" "$remote:$ref"
umount "$root"
`;

/** Format the root partition, make an OSTree sysroot on it and deploy `ref`. */
export async function populateSysroot(disk: string, options: PopulateOptions): Promise<void> {
  const { partition, label, scratch, runner } = options;
  const offset = partition.start * SECTOR_SIZE;
  const size = partition.size * SECTOR_SIZE;
  const format = ["mkfs.ext4", "-q", "-F", "-L", label, "-E", `offset=${offset}`];
  await runner.run([...format, disk, `${size / 1024}k`]);

  const config = `${scratch}/grub.cfg`;
  const mountPoint = `${scratch}/root`;
  await Deno.writeTextFile(config, GRUB_CONFIG);
  await Deno.mkdir(mountPoint);
  const kernelArguments = [`root=LABEL=${label}`, "rw", ...options.kernelArguments];
  await runner.run([
    ...["unshare", "--mount", "--propagation", "private", "--", "sh", "-euc", SCRIPT, "populate"],
    ...[disk, `${offset}`, `${size}`, mountPoint, options.repo, options.ref, options.stateroot],
    ...[options.remote.name, options.remote.url, GRUB_DIRECTORY, config],
    ...kernelArguments.map((argument) => `--karg=${argument}`),
  ]);
}
