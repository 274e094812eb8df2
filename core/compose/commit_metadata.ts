import { type Repository, splitVersion } from "@apt-ostree/apt";
import { type Variant, variant, type VariantDict } from "@apt-ostree/ostree";
import { ComposeError } from "../error.ts";
import { type PackageId, packageTitle } from "../import/package_ref.ts";
import { SEVERITIES } from "../packages/advisories.ts";
import { ADVISORIES_KEY } from "../packages/noted_advisories.ts";
import type { AdvisoryMatch } from "../packages/read_advisories.ts";
import type { MetadataPlace, Treefile } from "../treefile/treefile.ts";

/** A package as commits list it: name, epoch, upstream version, revision, architecture. */
export type PackageListEntry = [
  name: string,
  epoch: string,
  version: string,
  release: string,
  arch: string,
];

/** Key under which a commit lists its packages, type `a(sssss)`. */
export const PACKAGE_LIST_KEY = "aptostree.dpkg.pkglist";
/** Key under which a commit has the SHA-256 of its packages' .debs by `NAME:ARCH`, type `a{ss}`. */
export const PACKAGE_CHECKSUMS_KEY = "aptostree.dpkg.sha256";
/** Key of the digest over all that went into a commit, type `s`. */
export const INPUT_HASH_KEY = "aptostree.inputhash";

/** The list of a commit's packages, sorted. */
export function packageList(packages: Iterable<PackageId>): PackageListEntry[] {
  const entries = [...packages].map(({ name, version, architecture }): PackageListEntry => {
    const { epoch, upstream, revision } = splitVersion(version);
    return [name, String(epoch), upstream, revision, architecture];
  });
  return entries.sort((a, b) => `${a[0]}\0${a[4]}` < `${b[0]}\0${b[4]}` ? -1 : 1);
}

/** The packages that a commit lists; `undefined` where it lists none. */
export function readPackageList(metadata: VariantDict): PackageId[] | undefined {
  const list = metadata.get(PACKAGE_LIST_KEY);
  if (list?.type !== "a(sssss)") return undefined;
  return (list.value as PackageListEntry[]).map((
    [name, epoch, upstream, revision, architecture],
  ) => ({
    name,
    version: `${epoch === "0" ? "" : `${epoch}:`}${upstream}${
      revision === "" ? "" : `-${revision}`
    }`,
    architecture,
  }));
}

/**
 * A value of JSON as GVariant: text `s`, truth `b`, whole numbers `x`, other numbers `d`, lists `av`,
 * maps `a{sv}`.
 *
 * @throws {ComposeError} `compose/bad-metadata` for null.
 */
export function jsonVariant(value: unknown, key: string): Variant {
  switch (typeof value) {
    case "string":
      return variant("s", value);
    case "boolean":
      return variant("b", value);
    case "number":
      return Number.isInteger(value) ? variant("x", BigInt(value)) : variant("d", value);
    case "object":
      if (Array.isArray(value)) return variant("av", value.map((item) => jsonVariant(item, key)));
      if (value !== null) {
        const entries = Object.entries(value).map(([name, item]) =>
          [name, jsonVariant(item, key)] as const
        );
        return variant("a{sv}", new Map(entries));
      }
  }
  throw new ComposeError(
    "compose/bad-metadata",
    `Cannot write commit metadata "${key}": its value is ${String(value)}`,
    {
      subject: key,
      hint: "Use text, numbers, true or false, lists or maps",
    },
  );
}

/** What a commit's metadata are made of. */
export interface CommitFacts {
  readonly treefile: Treefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  /** Further text by key. */
  readonly added: Readonly<Record<string, string>>;
  /** Further values as JSON has them. */
  readonly addedJson: Readonly<Record<string, unknown>>;
  /** Packages of the tree, and the SHA-256 of the .deb that each is from, where that is known. */
  readonly packages: readonly (PackageId & { readonly sha256?: string })[];
  /** Release of the kernel; `undefined` where the tree has none. */
  readonly release: string | undefined;
  readonly inputHash: string;
  /** Where the packages come from; none where nobody knows. */
  readonly repositories: readonly Pick<Repository, "id" | "date">[];
  readonly version: string | undefined;
  /** Advisories that the packages lack fixes of. */
  readonly advisories: readonly AdvisoryMatch[];
}

/**
 * Metadata of a composed commit, sorted by key; our own keys win over the treefile's.
 *
 * @returns What is part of the commit, and what is kept beside it.
 */
export function commitMetadata(
  facts: CommitFacts,
): { readonly inline: VariantDict; readonly detached: VariantDict } {
  const { treefile, release, version } = facts;
  const metadata = new Map<string, Variant>();
  for (const given of [treefile.addCommitMetadata, facts.addedJson]) {
    for (const [key, value] of Object.entries(given)) metadata.set(key, jsonVariant(value, key));
  }
  for (const [key, value] of Object.entries(facts.added)) metadata.set(key, variant("s", value));
  if (version !== undefined) metadata.set("version", variant("s", version));
  if (release !== undefined) {
    metadata.set("ostree.linux", variant("s", release));
    metadata.set("ostree.bootable", variant("b", true));
  }
  metadata.set("ostree.architecture", variant("s", facts.basearch));
  if (treefile.ref !== undefined) metadata.set("ostree.ref-binding", variant("as", [treefile.ref]));
  metadata.set(INPUT_HASH_KEY, variant("s", facts.inputHash));
  metadata.set(PACKAGE_LIST_KEY, variant("a(sssss)", packageList(facts.packages)));
  const checksums = facts.packages.flatMap((each) =>
    each.sha256 === undefined ? [] : [[`${each.name}:${each.architecture}`, each.sha256] as const]
  );
  metadata.set(PACKAGE_CHECKSUMS_KEY, variant("a{ss}", new Map(checksums.toSorted())));
  const repos = facts.repositories.map(({ id, date }) =>
    new Map([["id", variant("s", id)], ["timestamp", variant("t", BigInt(date))]])
  );
  const detached = new Map<string, Variant>();
  const put = (place: MetadataPlace, key: string, value: Variant) => {
    if (place === "inline") metadata.set(key, value);
    if (place === "detached") detached.set(key, value);
  };
  if (repos.length > 0) put(treefile.repoMetadata, "aptostree.repos", variant("aa{sv}", repos));
  if (facts.advisories.length > 0) {
    const value = variant("a(suuasa{sv})", facts.advisories.map(advisoryTuple));
    put(treefile.advisoriesMetadata, ADVISORIES_KEY, value);
  }
  if (treefile.containerCmd !== undefined) {
    metadata.set("ostree.container-cmd", variant("as", [...treefile.containerCmd]));
  }
  if (treefile.initramfsArgs.length > 0) {
    metadata.set("aptostree.initramfs-args", variant("as", [...treefile.initramfsArgs]));
  }
  return { inline: new Map([...metadata].sort(([a], [b]) => a < b ? -1 : 1)), detached };
}

/** Security advisories have this kind. */
const SECURITY = 1;

/** An advisory as rpm-ostree writes it: id, kind, severity, packages, further facts. */
function advisoryTuple({ advisory, packages }: AdvisoryMatch): unknown[] {
  const references = advisory.references.map(([url, title]) => [url, title]);
  return [
    advisory.id,
    SECURITY,
    SEVERITIES.indexOf(advisory.severity),
    packages.map(packageTitle),
    new Map([["cve_references", variant("a(ss)", references)]]),
  ];
}

/**
 * Metadata from JSON files; of a key that several have the last counts.
 *
 * @throws {ComposeError} `compose/bad-metadata` if one is no map.
 */
export function readMetadataFiles(paths: readonly string[]): Record<string, unknown> {
  const bad = (path: string, what: string, cause?: unknown) =>
    new ComposeError("compose/bad-metadata", `Cannot read commit metadata "${path}": ${what}`, {
      subject: path,
      hint: "The file is JSON: one map, its keys and values become the commit's",
      cause,
    });
  return Object.assign(
    {},
    ...paths.map((path) => {
      let value: unknown;
      try {
        value = JSON.parse(Deno.readTextFileSync(path));
      } catch (cause) {
        if (cause instanceof Deno.errors.NotFound) throw bad(path, "there is no such file", cause);
        if (cause instanceof SyntaxError) throw bad(path, cause.message, cause);
        throw cause;
      }
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
      throw bad(path, "it is no map");
    }),
  );
}
