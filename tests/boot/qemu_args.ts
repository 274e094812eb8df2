/** A machine to start. */
export interface MachineSpec {
  /** Path of its disk, a raw image. */
  readonly disk: string;
  readonly firmware:
    | { readonly kind: "bios" }
    /** `variables` is the machine's own copy of the firmware's variable store. */
    | { readonly kind: "uefi"; readonly code: string; readonly variables: string };
  /** Forget what the machine writes to its disk. @default {false} */
  readonly snapshot?: boolean;
  /** Use the processor's virtualization instead of emulation. @default {false} */
  readonly kvm?: boolean;
  /** Memory in MiB. @default {1024} */
  readonly memory?: number;
  /** Port of this machine's loopback that leads to the SSH server of the other. */
  readonly sshPort?: number;
}

/**
 * The command that starts a machine with its first serial line on standard input and output.
 *
 * The machine ends instead of rebooting: one process a boot, since a reboot inside an emulated one
 * takes far longer than a start. It reaches this machine's loopback at 10.0.2.2.
 */
export function qemuArgs(spec: MachineSpec): string[] {
  const { sshPort } = spec;
  const forward = sshPort === undefined ? "" : `,hostfwd=tcp:127.0.0.1:${sshPort}-:22`;
  const accelerator = spec.kvm ? "kvm" : "tcg,thread=multi";
  return [
    "qemu-system-x86_64",
    ...["-accel", accelerator, "-cpu", "max", "-smp", "2", "-m", `${spec.memory ?? 1024}`],
    ...["-display", "none", "-nodefaults", "-serial", "stdio", "-monitor", "none", "-no-reboot"],
    ...["-rtc", "base=utc", "-device", "virtio-rng-pci"],
    ...["-drive", `file=${spec.disk},format=raw,if=virtio,cache=unsafe`],
    ...["-netdev", `user,id=n0${forward}`, "-device", "virtio-net-pci,netdev=n0"],
    ...firmwareArgs(spec.firmware),
    ...(spec.snapshot ? ["-snapshot"] : []),
  ];
}

function firmwareArgs(firmware: MachineSpec["firmware"]): string[] {
  if (firmware.kind === "bios") return [];
  const flash = "if=pflash,format=raw";
  return [
    ...["-machine", "q35"],
    ...["-drive", `${flash},unit=0,readonly=on,file=${firmware.code}`],
    ...["-drive", `${flash},unit=1,file=${firmware.variables}`],
  ];
}
