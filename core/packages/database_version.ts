import { createHash } from "node:crypto";
import type { PackageId } from "../import/package_ref.ts";

/**
 * A short name for a set of packages: how many there are, and a digest of their names, versions and
 * architectures. Equal sets have equal names.
 */
export function databaseVersion(packages: readonly PackageId[]): string {
  const hash = createHash("sha256");
  const lines = packages.map(({ name, version, architecture }) =>
    `${name}_${version}_${architecture}\n`
  );
  for (const line of lines.toSorted()) hash.update(line);
  return `${packages.length}:${hash.digest("hex")}`;
}
