import type { PackageId } from "../import/package_ref.ts";
import type { PackageDifference } from "./diff_packages.ts";

/** One change as rpm-ostree's `pkgdiff` has it: name, kind, and the packages on both sides. */
export type JsonChange = [
  name: string,
  kind: number,
  sides: Record<string, [string, string, string]>,
];

/** Package difference as `a(sua{sv})` flattened: kind 0 added, 1 removed, 2 upgraded, 3 downgraded. */
export function jsonDiff(difference: PackageDifference): JsonChange[] {
  const side = (id: PackageId): [string, string, string] => [id.name, id.version, id.architecture];
  return [
    ...difference.added.map((id): JsonChange => [id.name, 0, { NewPackage: side(id) }]),
    ...difference.removed.map((id): JsonChange => [id.name, 1, { PreviousPackage: side(id) }]),
    ...difference.upgraded.map((
      c,
    ): JsonChange => [c.name, 2, { PreviousPackage: side(c.from), NewPackage: side(c.to) }]),
    ...difference.downgraded.map((
      c,
    ): JsonChange => [c.name, 3, { PreviousPackage: side(c.from), NewPackage: side(c.to) }]),
  ];
}
