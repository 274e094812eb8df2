import type { PackageId } from "../import/package_ref.ts";

/** The distribution that packages come from. */
export interface Distribution {
  /** As os-release's ID, for example `debian`. */
  readonly id: string;
  /** As os-release's VERSION_ID, for example `12`; "" where there is none, as in testing. */
  readonly version: string;
}

/**
 * The package URL of a Debian package, for example
 * `pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12`.
 *
 * @see The package URL specification, type `deb`
 */
export function packageUrl(id: PackageId, distribution: Distribution): string {
  const { id: vendor, version } = distribution;
  const distro = version === "" ? vendor : `${vendor}-${version}`;
  return `pkg:deb/${encode(vendor)}/${encode(id.name)}@${encode(id.version)}` +
    `?arch=${encode(id.architecture)}&distro=${encode(distro)}`;
}

/** Letters, digits, `.`, `-`, `_`, `~` and `:` stand for themselves. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  ).replaceAll("%3A", ":");
}
