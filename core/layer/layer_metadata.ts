import { createHash } from "node:crypto";
import { type PlannedPackage, type Repository, splitVersion } from "@apt-ostree/apt";
import { type Repo, type Variant, variant, type VariantDict } from "@apt-ostree/ostree";
import { PACKAGE_LIST_KEY, packageList } from "../compose/commit_metadata.ts";
import { type PackageId, packageTitle } from "../import/package_ref.ts";
import type { LayerChange } from "./layer_change.ts";
import type { LayeringPlan } from "./plan_layering.ts";

/** Key of the mark of commits that were layered, type `b`. */
export const CLIENT_LAYER_KEY = "aptostree.clientlayer";
/** Key of the digest over all that went into a layered commit, type `s`. */
export const STATE_DIGEST_KEY = "aptostree.state-sha512";

/** Changes when the same inputs give another tree, or the metadata another meaning. */
const VERSION = 1;

/** What the metadata of a layered commit are made of. */
export interface LayerFacts {
  /** Metadata of the base. */
  readonly base: VariantDict;
  readonly change: LayerChange;
  readonly plan: LayeringPlan;
  /** Packages of the result. */
  readonly packages: readonly PackageId[];
  /** Release of its kernel. */
  readonly release: string | undefined;
  readonly repositories: readonly Repository[];
  readonly digest: string;
  readonly ref: string | undefined;
}

/**
 * Metadata of a layered commit, sorted by key, in the shapes that rpm-ostree's have.
 *
 * A package is a tuple `(sstsss)`: title, name, epoch, upstream version, revision, architecture.
 */
export function layerMetadata(facts: LayerFacts): VariantDict {
  const { base, change, plan, release, ref } = facts;
  const metadata = new Map<string, Variant>();
  for (const key of ["version", "ostree.architecture"]) {
    const value = base.get(key);
    if (value) metadata.set(key, value);
  }
  if (release !== undefined) {
    metadata.set("ostree.linux", variant("s", release));
    metadata.set("ostree.bootable", variant("b", true));
  }
  if (ref !== undefined) metadata.set("ostree.ref-binding", variant("as", [ref]));
  metadata.set(CLIENT_LAYER_KEY, variant("b", true));
  metadata.set("aptostree.clientlayer_version", variant("u", VERSION));
  const active = (change.install ?? []).filter((each) => !plan.inactive.includes(each));
  metadata.set("aptostree.packages", variant("as", active.toSorted()));
  metadata.set(
    "aptostree.removed-base-packages",
    variant("av", plan.removals.map(nevra)),
  );
  const replaced = plan.packages.filter((each) => each.replaces !== undefined);
  const pair = (each: PlannedPackage) => [nevra(each), nevra({ ...each, version: each.replaces! })];
  const isLocal = (each: PlannedPackage) => each.source === "local";
  metadata.set(
    "aptostree.replaced-base-packages",
    variant("a(vv)", replaced.filter(isLocal).map(pair)),
  );
  const remote = Map.groupBy(replaced.filter((each) => !isLocal(each)), (each) => each.source);
  metadata.set(
    "aptostree.replaced-base-remote-packages",
    variant(
      "a{sv}",
      new Map([...remote].map(([source, all]) => [source, variant("a(vv)", all.map(pair))])),
    ),
  );
  metadata.set(PACKAGE_LIST_KEY, variant("a(sssss)", packageList(facts.packages)));
  const repos = facts.repositories.map(({ id, date }) =>
    new Map([["id", variant("s", id)], ["timestamp", variant("t", BigInt(date))]])
  );
  metadata.set("aptostree.repos", variant("aa{sv}", repos));
  metadata.set(STATE_DIGEST_KEY, variant("s", facts.digest));
  return new Map([...metadata].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Digest over all that decides about a layered tree: 128 hexadecimal digits. */
export function stateDigest(
  base: string,
  change: LayerChange,
  plan: LayeringPlan,
  filter: string,
): string {
  const { recommends = true, purge = false } = change;
  const hash = createHash("sha512").update(
    JSON.stringify([VERSION, base, recommends, purge, filter]),
  );
  for (const { name, version, architecture, sha256 } of plan.packages) {
    hash.update(`\0+${name}\0${version}\0${architecture}\0${sha256}`);
  }
  for (const each of plan.removals) hash.update(`\0-${packageTitle(each)}`);
  for (const each of (change.install ?? []).toSorted()) hash.update(`\0${each}`);
  return hash.digest("hex");
}

function nevra(id: PackageId): Variant {
  const { epoch, upstream, revision } = splitVersion(id.version);
  const tuple = [packageTitle(id), id.name, BigInt(epoch), upstream, revision, id.architecture];
  return variant("(sstsss)", tuple);
}

/**
 * The commit that a layered commit stands on; any other stands on itself.
 *
 * @throws {ObjectError} If the commit is not there.
 */
export function baseCommit(repo: Repo, commit: string): string {
  const { metadata, parent } = repo.readCommit(commit);
  return metadata.get(CLIENT_LAYER_KEY)?.value === true && parent !== undefined ? parent : commit;
}
