import { AptOstreeError } from "@apt-ostree/base";

/** A disk image that cannot be made, or is not as it should be. */
export class DiskImageError extends AptOstreeError<
  "image/core-too-large" | "image/bad-boot-image" | "image/not-unmounted"
> {}

/** A machine that does not do what a test waits for. */
export class MachineError
  extends AptOstreeError<"machine/timeout" | "machine/ended" | "machine/command-failed"> {}
