import { type Deployment, readDeployments, Repo, type VariantDict } from "@apt-ostree/ostree";

/** A deployment as rpm-ostree's clients know it; keys as they have them. */
export interface DeploymentStatus {
  /** What tells it apart. */
  readonly id: string;
  /** Name of the stateroot. */
  readonly osname: string;
  /** Checksum of the commit. */
  readonly checksum: string;
  /** Tells deployments of one commit apart. */
  readonly serial: number;
  /** Whether the system runs from it. */
  readonly booted: boolean;
  /** Whether it waits for the shutdown. */
  readonly staged: boolean;
  /** Whether cleanups leave it alone. */
  readonly pinned: boolean;
  /** Whether its /usr can be written to. */
  readonly unlocked: "none";
  /** Where it came from. */
  readonly origin: string;
  /** Its version. */
  readonly version?: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Metadata of its commit. */
  readonly "base-commit-meta": Readonly<Record<string, unknown>>;
  /** Layered packages. */
  readonly "requested-packages": readonly string[];
  /** Layered local packages. */
  readonly "requested-local-packages": readonly string[];
  /** Local packages that may overwrite files. */
  readonly "requested-local-fileoverride-packages": readonly string[];
  /** Packages taken out of the base. */
  readonly "requested-base-removals": readonly string[];
  /** Packages replaced by local ones. */
  readonly "requested-base-local-replacements": readonly string[];
  /** The packages. */
  readonly "packages": readonly string[];
  /** Packages taken out. */
  readonly "base-removals": readonly unknown[];
  /** Packages replaced. */
  readonly "base-local-replacements": readonly unknown[];
  /** Packages replaced from sources. */
  readonly "base-remote-replacements": Readonly<Record<string, unknown>>;
  /** Whether the initramfs is built on the host. */
  readonly "regenerate-initramfs": boolean;
}

/** State of a sysroot. */
export interface Status {
  /** Deployments, the one that boots next first. */
  readonly deployments: readonly DeploymentStatus[];
  /** The transaction at work. */
  readonly transaction: null;
  /** The update that is known of. */
  readonly "cached-update": null;
  /** Who updates the system. */
  readonly "update-driver": null;
}

/**
 * Read the state of a sysroot.
 *
 * @throws {RepoError} If there is none.
 */
export function readStatus(sysroot: string): Status {
  const deployments = readDeployments(sysroot);
  const repo = Repo.open(`${sysroot.replace(/\/+$/, "")}/ostree/repo`);
  return {
    "deployments": deployments.map((each) => describe(repo, each)),
    "transaction": null,
    "cached-update": null,
    "update-driver": null,
  };
}

function describe(repo: Repo, deployment: Deployment): DeploymentStatus {
  const { osname, checksum, serial, booted, pinned } = deployment;
  const { metadata, timestamp } = repo.readCommit(checksum);
  const version = metadata.get("version");
  const origin = deployment.origin.get("origin");
  const list = (group: string, key: string) =>
    (deployment.origin.get(group)?.get(key) ?? "").split(";").filter((each) => each !== "");
  return {
    "id": `${osname}-${checksum}.${serial}`,
    osname,
    checksum,
    serial,
    booted,
    "staged": false,
    pinned,
    "unlocked": "none",
    "origin": origin?.get("refspec") ?? origin?.get("baserefspec") ?? "",
    ...(version?.type === "s" ? { version: version.value as string } : {}),
    timestamp,
    "base-commit-meta": plainMetadata(metadata),
    "requested-packages": list("packages", "requested"),
    "requested-local-packages": list("packages", "requested-local"),
    "requested-local-fileoverride-packages": list("packages", "requested-local-fileoverride"),
    "requested-base-removals": list("overrides", "remove"),
    "requested-base-local-replacements": list("overrides", "replace-local"),
    "packages": [],
    "base-removals": [],
    "base-local-replacements": [],
    "base-remote-replacements": {},
    "regenerate-initramfs": origin?.get("regenerate-initramfs") === "true",
  };
}

/** Metadata that is plain text, numbers or truth; lists of packages have their own commands. */
function plainMetadata(metadata: VariantDict): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, { type, value }] of metadata) {
    if (key === "version") continue;
    if (["s", "b", "u", "i", "d", "as"].includes(type)) plain[key] = value;
    else if (type === "t" || type === "x") plain[key] = Number(value);
  }
  return plain;
}
