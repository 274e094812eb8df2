import { checkDiskImage } from "./disk_image.ts";
import { Machine } from "./machine.ts";
import type { MachineSpec } from "./qemu_args.ts";

/** Kept from run to run: packages, and the consoles of the last machines. */
export const BUILD = new URL("../../build/test-boot", import.meta.url).pathname;

/** Kernel arguments of systems under test: no password is asked for, all is told on the serial line. */
export const KERNEL_ARGUMENTS = ["console=ttyS0,115200", "quiet", "systemd.gpt_auto=0"];

const OVMF = "/usr/share/OVMF";

/** UEFI firmware with an empty variable store of its own, which is made in `dir`. */
export function uefiFirmware(dir: string): MachineSpec["firmware"] {
  const variables = `${dir}/vars.fd`;
  Deno.copyFileSync(`${OVMF}/OVMF_VARS_4M.fd`, variables);
  return { kind: "uefi", code: `${OVMF}/OVMF_CODE_4M.fd`, variables };
}

/** Give a machine that asks nobody for an address the one that QEMU would give it. */
export async function bringUpNetwork(machine: Machine): Promise<void> {
  await machine.output(
    "cd /sys/class/net && for link in e*; do ip link set $link up && " +
      "ip address add 10.0.2.15/24 dev $link; done",
  );
}

/**
 * Start a machine, let `use` work in it, switch it off, and check that its disk is whole.
 *
 * @param name Of the file below {@linkcode BUILD} that keeps what its console said.
 */
export async function bootDisk(
  name: string,
  spec: MachineSpec,
  use: (machine: Machine) => Promise<void>,
): Promise<void> {
  await using machine = Machine.start(spec);
  try {
    await use(machine);
    await machine.powerOff();
  } finally {
    await Deno.writeTextFile(`${BUILD}/${name}.log`, machine.console.log);
  }
  await checkDiskImage(spec.disk);
}
