import { allowsVersion, type Alternative, parseDependencies } from "./dependency.ts";
import { getField, type Stanza } from "./deb822.ts";
import type { PackagesIndex } from "./packages_index.ts";
import { compareVersions } from "./compare_versions.ts";

/** One version of a package in one source. */
export interface Offer {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its dpkg architecture. */
  readonly architecture: string;
  /** Repository that has it. */
  readonly source: string;
  /** Its stanza. */
  readonly fields: Stanza;
}

/** Everything that some indexes offer. */
export class Offers {
  readonly #indexes: readonly { readonly id: string; readonly index: PackagesIndex }[];
  readonly #architectures: ReadonlySet<string>;
  #providers: Map<string, Offer[]> | undefined;

  /** Look into `indexes`, for packages of these architectures, or of none. */
  constructor(
    indexes: readonly { readonly id: string; readonly index: PackagesIndex }[],
    architectures: readonly string[],
  ) {
    this.#indexes = indexes;
    this.#architectures = new Set([...architectures, "all"]);
  }

  /** All versions of a package, newest first. */
  versions(name: string): Offer[] {
    return this.everywhere(name).filter((offer) => this.#architectures.has(offer.architecture));
  }

  /** All versions of a package, of any architecture, newest first. */
  everywhere(name: string): Offer[] {
    const found = this.#indexes.flatMap(({ id, index }) =>
      index.find(name).map((fields) => toOffer(fields, id))
    );
    return found.sort((a, b) => compareVersions(b.version, a.version));
  }

  /** Packages that provide a virtual one. */
  providers(name: string): Offer[] {
    return this.#provided().get(name) ?? [];
  }

  /** Offers that satisfy an alternative of a dependency: packages, then those that provide it. */
  satisfying(wanted: Alternative): Offer[] {
    const own = this.versions(wanted.name).filter(({ version }) => allowsVersion(wanted, version));
    const providing = this.providers(wanted.name).filter((offer) =>
      provides(offer).some(({ name, version }) =>
        name === wanted.name && (wanted.relation === undefined ||
          (version !== undefined && allowsVersion(wanted, version)))
      )
    );
    return [...own, ...providing];
  }

  /** All names, those of virtual packages too. */
  *names(): Generator<string> {
    for (const { index } of this.#indexes) yield* index.names();
    yield* this.#provided().keys();
  }

  #provided(): Map<string, Offer[]> {
    if (this.#providers) return this.#providers;
    const found = new Map<string, Offer[]>();
    for (const { id, index } of this.#indexes) {
      for (let at = 0; at < index.length; at++) {
        if (!/^Provides:/mi.test(index.text(at))) continue;
        const offer = toOffer(index.stanza(at), id);
        if (!this.#architectures.has(offer.architecture)) continue;
        for (const { name } of provides(offer)) {
          found.set(name, [...found.get(name) ?? [], offer]);
        }
      }
    }
    return this.#providers = found;
  }
}

/** What an offer's `Provides` says. */
function provides(offer: Offer): Alternative[] {
  return parseDependencies(getField(offer.fields, "Provides") ?? "").flat();
}

function toOffer(fields: Stanza, source: string): Offer {
  const field = (name: string) => getField(fields, name) ?? "";
  return {
    name: field("Package"),
    version: field("Version"),
    architecture: field("Architecture"),
    source,
    fields,
  };
}
