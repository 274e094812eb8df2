/** Ref of an imported package, `aptostree/pkg/<name>/<version>_<architecture>`, in parts. */
export interface PackageId {
  /** Package name, for example `libstdc++6`. */
  readonly name: string;
  /** Full Debian version with its epoch. */
  readonly version: string;
  /** dpkg architecture, for example `amd64` or `all`. */
  readonly architecture: string;
}

/** Where the refs of imported packages begin. */
export const PACKAGE_REF_PREFIX = "aptostree/pkg";

/**
 * The ref under which a package is kept after its import.
 *
 * Letters, digits, `.` and `-` stand for themselves, `_` is doubled, any other byte becomes `_XX`
 * with two upper-case hexadecimal digits. Two packages never share a ref: an architecture begins
 * with a lower-case letter, so the `_` before it cannot be read as an escape.
 *
 * @example Usage
 * ```ts
 * import { packageRef } from "@apt-ostree/core";
 * import { assertEquals } from "@std/assert";
 *
 * const id = { name: "libstdc++6", version: "1:12.2~rc1", architecture: "amd64" };
 * assertEquals(packageRef(id), "aptostree/pkg/libstdc_2B_2B6/1_3A12.2_7Erc1_amd64");
 * ```
 */
export function packageRef(id: PackageId): string {
  const { name, version, architecture } = id;
  return `${PACKAGE_REF_PREFIX}/${quote(name)}/${quote(version)}_${quote(architecture)}`;
}

/** The package as people write it, `name_version_architecture`. */
export function packageTitle(id: PackageId): string {
  return `${id.name}_${id.version}_${id.architecture}`;
}

function quote(text: string): string {
  let quoted = "";
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9.-]/.test(char)) quoted += char;
    else if (char === "_") quoted += "__";
    else quoted += `_${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return quoted;
}
