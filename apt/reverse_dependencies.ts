import { getField } from "./deb822.ts";
import { parseDependencies } from "./dependency.ts";
import type { PackagesIndex } from "./packages_index.ts";

/** Fields in which a package names others. */
const FIELDS = [
  "Pre-Depends",
  "Depends",
  "Recommends",
  "Suggests",
  "Enhances",
  "Conflicts",
  "Breaks",
  "Replaces",
] as const;

/** A package that names another one. */
export interface ReverseDependency {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Field in which it names the other, for example `Depends`. */
  readonly field: string;
}

/**
 * Which packages name another one, in the order of the indexes; virtual packages are not looked through.
 *
 * @param name The package that is named.
 */
export function* reverseDependencies(
  indexes: Iterable<PackagesIndex>,
  name: string,
): Generator<ReverseDependency> {
  if (name === "") return;
  const mention = new RegExp(`(?<![a-zA-Z0-9+.-])${RegExp.escape(name)}(?![a-zA-Z0-9+.-])`);
  for (const index of indexes) {
    for (const at of index.mentioning(name)) {
      if (!mention.test(index.text(at))) continue;
      const stanza = index.stanza(at);
      for (const field of FIELDS) {
        const named = parseDependencies(getField(stanza, field) ?? "").flat();
        if (!named.some((each) => each.name === name)) continue;
        yield { name: stanza.get("Package") ?? "", version: stanza.get("Version") ?? "", field };
      }
    }
  }
}
