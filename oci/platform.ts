import type { Platform } from "./descriptor.ts";

/** Go's names of architectures: the kernel's, Debian's, and Go's with its variant. */
const ARCHITECTURES:
  readonly (readonly [kernel: string, debian: string, go: string, v?: string])[] = [
    ["x86_64", "amd64", "amd64"],
    ["aarch64", "arm64", "arm64"],
    ["armv7l", "armhf", "arm", "v7"],
    ["armv5tel", "armel", "arm", "v5"],
    ["i686", "i386", "386"],
    ["ppc64le", "ppc64el", "ppc64le"],
    ["riscv64", "riscv64", "riscv64"],
    ["s390x", "s390x", "s390x"],
    ["mips64", "mips64el", "mips64le"],
    ["loongarch64", "loong64", "loong64"],
  ];

/**
 * The machines that a system is for, by any name of their architecture: the kernel's, Debian's or Go's.
 *
 * @returns `undefined` for a name that none of them has.
 */
export function platformOf(architecture: string): Platform | undefined {
  const found = ARCHITECTURES.find((names) => names.slice(0, 3).includes(architecture));
  if (!found) return undefined;
  const [, , go, variant] = found;
  return { architecture: go, os: "linux", ...(variant === undefined ? {} : { variant }) };
}
