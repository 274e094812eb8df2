import { getField, parseDeb822, type Stanza } from "@apt-ostree/apt";
import type { Repo, Tree } from "@apt-ostree/ostree";
import { DPKG_DATABASE } from "../assemble/root_layout.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import type { PackageId } from "../import/package_ref.ts";

/** A package as a tree's own dpkg database has it. */
export interface InstalledPackage extends PackageId {
  /** Source package that it was built from. */
  readonly source: string;
  /** Version of the source package. */
  readonly sourceVersion: string;
  /** All fields of its entry in the status file. */
  readonly fields: Stanza;
}

/**
 * Installed packages of a tree, sorted by name and architecture.
 *
 * @returns Nothing where the tree has no dpkg database.
 * @throws {FormatError} If the status file is damaged.
 */
export function readInstalledPackages(repo: Repo, tree: Tree): InstalledPackage[] {
  const text = readTreeText(repo, tree, `${DPKG_DATABASE}/status`) ?? "";
  return parseDeb822(text, "dpkg status").filter((fields) =>
    / installed$/.test(fields.get("Status") ?? "")
  ).map((fields) => {
    const field = (name: string) => getField(fields, name) ?? "";
    const id = {
      name: field("Package"),
      version: field("Version"),
      architecture: field("Architecture"),
    };
    const [, source = id.name, sourceVersion = id.version] =
      /^(\S+)(?: \(([^)]+)\))?$/.exec(field("Source")) ?? [];
    return { ...id, source, sourceVersion, fields };
  }).sort((a, b) => `${a.name}\0${a.architecture}` < `${b.name}\0${b.architecture}` ? -1 : 1);
}
