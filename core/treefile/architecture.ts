/** Kernel names of architectures and their dpkg names. */
const ARCHITECTURES: readonly (readonly [kernel: string, dpkg: string])[] = [
  ["x86_64", "amd64"],
  ["aarch64", "arm64"],
  ["armv7l", "armhf"],
  ["i686", "i386"],
  ["ppc64le", "ppc64el"],
  ["riscv64", "riscv64"],
  ["s390x", "s390x"],
];

/** dpkg's name of an architecture that the kernel names. */
export function dpkgArchitecture(basearch: string): string {
  return ARCHITECTURES.find(([kernel]) => kernel === basearch)?.[1] ?? basearch;
}

/** All names of architectures, the kernel's and dpkg's. */
export const ARCHITECTURE_NAMES: readonly string[] = [...new Set(ARCHITECTURES.flat())];

/** Whether `name` is an architecture under either name. */
export function isArchitecture(name: string): boolean {
  return ARCHITECTURE_NAMES.includes(name);
}

/** The kernel's name of the architecture that this process runs on. */
export function hostBasearch(): string {
  return Deno.build.arch;
}
