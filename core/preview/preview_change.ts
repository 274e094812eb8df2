import type { PlannedPackage } from "@apt-ostree/apt";
import { readHostSources } from "@apt-ostree/apt";
import type { Progress, Runner } from "@apt-ostree/base";
import {
  type Deployment,
  pullRemote,
  readDeployments,
  Repo,
  Tree,
  type TreeChecksums,
} from "@apt-ostree/ostree";
import { requireRoot, WorkDir } from "@apt-ostree/sandbox";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import { type Accounts, committedAccounts } from "../assemble/keep_ids.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { HostError } from "../error.ts";
import { readPreferences } from "../host/host_apt.ts";
import type { LayerChange } from "../layer/layer_change.ts";
import { CLIENT_LAYER_KEY } from "../layer/layer_metadata.ts";
import { layerPackages } from "../layer/layer_packages.ts";
import type { LayeringPlan } from "../layer/plan_layering.ts";
import { diffPackages, type PackageDifference } from "../packages/diff_packages.ts";
import { type EtcMerge, etcMerges } from "./etc_merge.ts";
import { fileChanges, type PreviewFile } from "./file_changes.ts";
import { editRequests, type HostEdit, parseHostRequests } from "./host_requests.ts";
import { type PreviewUnit, unitChanges } from "./unit_changes.ts";

/** What {@linkcode previewChange} is asked for. */
export interface PreviewOptions {
  /** Physical root of the system. @default "/" */
  readonly sysroot?: string;
  /** What would be done. */
  readonly edit: HostEdit;
  /** Use no network. @default {false} */
  readonly cacheOnly?: boolean;
  /** Whether it is no error to ask for what the base has. @default {false} */
  readonly allowInactive?: boolean;
  /** Whether it is no error to ask for what is asked for already. @default {false} */
  readonly idempotent?: boolean;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** Names that come and go. */
export interface NameChanges {
  /** New ones. */
  readonly added: readonly string[];
  /** Those that go. */
  readonly removed: readonly string[];
}

/** What a change of a host would do. Plain data. */
export interface Preview {
  /** Version of the form. */
  readonly version: 1;
  /** The deployment that would change: that which runs, else that which boots next. */
  readonly deployment: {
    readonly osname: string;
    readonly checksum: string;
    readonly serial: number;
  };
  /** Commit that packages would be layered onto. */
  readonly base: string;
  /** Whether the base is another commit than before. */
  readonly newBase: boolean;
  /** Packages that differ. */
  readonly packages: PackageDifference;
  /** Requests that the base meets already. */
  readonly inactive: readonly string[];
  /** Sizes in bytes. */
  readonly size: {
    /** All .debs that come from sources, also those that are in the cache by now. */
    readonly download: number;
    /** How much more the files of the system are than before; less than 0 where they shrink. */
    readonly system: number;
    /** What the repository does not have yet. */
    readonly repository: number;
  };
  /** Every path that differs. */
  readonly files: readonly PreviewFile[];
  /** Units of systemd that differ. */
  readonly units: readonly PreviewUnit[];
  /** Users that come and go. */
  readonly users: NameChanges;
  /** Groups that come and go. */
  readonly groups: NameChanges;
  /** Where changes that were made in /etc of this host meet changes of the new tree. */
  readonly etc: readonly EtcMerge[];
  /** What the maintainer scripts did while this was computed. */
  readonly scripts: readonly RecordedScript[];
}

/**
 * Compute all that a change of a host would do, and do none of it.
 *
 * Packages are resolved, fetched, laid out and configured as the change itself would, on a throw-away
 * tree. Of the system nothing changes: no ref, no deployment, no origin; what is kept lies in
 * `ostree/repo/extensions/aptostree`, a cache. The process must be root.
 *
 * @throws {HostError} {@linkcode LayerError} {@linkcode AptError} {@linkcode ConflictError}
 * {@linkcode ScriptError} {@linkcode RepoError}
 */
export async function previewChange(options: PreviewOptions): Promise<Preview> {
  requireRoot();
  const sysroot = (options.sysroot ?? "/").replace(/\/+$/, "");
  const deployment = currentDeployment(sysroot);
  const repo = Repo.open(`${sysroot}/ostree/repo`);
  const change = editRequests(
    parseHostRequests(deployment.origin),
    options.edit,
    pickDefined(options, "idempotent"),
  );
  if (options.edit.verb !== "upgrade") {
    const base = baseCommit(repo, deployment.checksum);
    return await compute(options, { sysroot, deployment, repo, base, newBase: false }, change);
  }
  using newest = await newestBase(repo, deployment, options);
  const { base } = newest;
  const newBase = base !== baseCommit(repo, deployment.checksum);
  const start = { sysroot, deployment, repo: newest.repo, base, newBase };
  return await compute(options, start, change);
}

/** Where a change begins. */
interface Start {
  readonly sysroot: string;
  readonly deployment: Deployment;
  /** Has the deployment's commit and the base. */
  readonly repo: Repo;
  readonly base: string;
  readonly newBase: boolean;
}

async function compute(
  options: PreviewOptions,
  start: Start,
  change: LayerChange,
): Promise<Preview> {
  const { repo, base, deployment, sysroot, newBase } = start;
  const { checksum, osname, serial } = deployment;
  const place = `${sysroot}/ostree/deploy/${osname}/deploy/${checksum}.${serial}`;
  const from = repo.readCommit(checksum).root;
  const compare = (work: Repo, to: TreeChecksums) =>
    compareTrees({ work, known: repo, etc: `${place}/etc`, from, to });
  let found: Comparison | undefined;
  let plan: LayeringPlan | undefined;
  let scripts: readonly RecordedScript[] = [];
  if (!isEmpty(change)) {
    const layered = repo.readCommit(checksum).metadata.has(CLIENT_LAYER_KEY);
    const result = await layerPackages({
      repo: repo.path,
      base,
      change: { ...change, allowInactive: options.allowInactive ?? false },
      sources: readHostSources(place),
      preferences: readPreferences(`${place}/etc/apt`),
      dryRun: true,
      inspect: ({ work, root }) => void (found = compare(work, root)),
      ...(layered ? { previous: checksum } : {}),
      ...pickDefined(options, "cacheOnly", "runner", "signal", "progress"),
    });
    plan = result.plan;
    if (result.kind === "layered") scripts = result.scripts;
  }
  found ??= compare(repo, repo.readCommit(base).root);
  const { system, repository, ...differences } = found;
  const fetched = (plan?.packages ?? []).filter((each: PlannedPackage) => each.source !== "local");
  const download = fetched.reduce((sum, each) => sum + each.size, 0);
  return {
    version: 1,
    deployment: { osname, checksum, serial },
    base,
    newBase,
    ...differences,
    inactive: plan?.inactive ?? [],
    size: { download, system, repository },
    scripts,
  };
}

interface Comparison
  extends Pick<Preview, "packages" | "files" | "units" | "users" | "groups" | "etc"> {
  readonly system: number;
  readonly repository: number;
}

function compareTrees(
  { work, known, etc, from, to }: {
    readonly work: Repo;
    /** The repository before anything was made. */
    readonly known: Repo;
    readonly etc: string;
    readonly from: TreeChecksums;
    readonly to: TreeChecksums;
  },
): Comparison {
  const [before, after] = [Tree.fromChecksums(work, from), Tree.fromChecksums(work, to)];
  const files = fileChanges(work, from, to);
  const installed = [before, after].map((tree) => new DpkgDatabase(work, tree).installed());
  const ids = installed.map((all) =>
    all.filter((each) => each.state === "installed").map((each) => each.id)
  );
  const accounts = [before, after].map((tree) => committedAccounts(work, tree));
  const names = (key: keyof Accounts) =>
    nameChanges(accounts[0]![key].map((e) => e.name), accounts[1]![key].map((e) => e.name));
  const fresh = new Map(
    files.flatMap(({ after }) =>
      after?.object === undefined || known.hasObject(after.object, "file")
        ? []
        : [[after.object, after.size ?? 0] as const]
    ),
  );
  const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, each) => total + each, 0);
  return {
    packages: diffPackages(ids[0]!, ids[1]!),
    files,
    units: unitChanges(work, { before, after }, files),
    users: names("users"),
    groups: names("groups"),
    etc: etcMerges(work, etc, files, installed.flat()),
    system: sum(files.map(({ before, after }) => (after?.size ?? 0) - (before?.size ?? 0))),
    repository: sum(fresh.values()),
  };
}

function nameChanges(before: readonly string[], after: readonly string[]): NameChanges {
  const [old, now] = [new Set(before), new Set(after)];
  return {
    added: after.filter((name) => !old.has(name)).toSorted(),
    removed: before.filter((name) => !now.has(name)).toSorted(),
  };
}

/** The deployment that runs, else the one that boots next. */
function currentDeployment(sysroot: string): Deployment {
  const deployments = readDeployments(sysroot === "" ? "/" : sysroot);
  const found = deployments.find((each) => each.booted) ?? deployments[0];
  if (found) return found;
  throw new HostError(
    "host/no-deployment",
    `Cannot compute a change of "${sysroot || "/"}": it has no deployments`,
    { subject: sysroot || "/", hint: "Deploy a commit first: ostree admin deploy" },
  );
}

/** The commit that packages of a deployment were layered onto; the deployment's own if none were. */
function baseCommit(repo: Repo, checksum: string): string {
  const { metadata, parent } = repo.readCommit(checksum);
  return metadata.has(CLIENT_LAYER_KEY) && parent !== undefined ? parent : checksum;
}

/** The newest commit of what the deployment follows; a remote's comes into a repository that goes. */
async function newestBase(
  repo: Repo,
  deployment: Deployment,
  options: PreviewOptions,
): Promise<{ readonly repo: Repo; readonly base: string } & Disposable> {
  const origin = deployment.origin.get("origin");
  const refspec = origin?.get("refspec") ?? origin?.get("baserefspec");
  if (refspec === undefined) {
    throw new HostError(
      "host/no-base",
      `Cannot compute an upgrade of "${deployment.osname}": its origin names no ref`,
      {
        subject: deployment.osname,
        hint: "Only deployments that follow a ref of a repository can be upgraded",
      },
    );
  }
  const [remote, ref] = refspec.includes(":") ? refspec.split(":") as [string, string] : [];
  const here = () => ({ repo, base: repo.requireRev(refspec), [Symbol.dispose]: () => {} });
  const url = remote === undefined ? undefined : repo.config.get(`remote "${remote}"`)?.get("url");
  if (ref === undefined || url === undefined || options.cacheOnly) return here();
  const work = WorkDir.create(`${repo.path}/extensions/aptostree/previews`);
  try {
    // Beside the host's repository, whose objects and remotes it has: nothing of it changes.
    const place = work.join("repo");
    Repo.init(place, { mode: repo.mode, parent: repo });
    await pullRemote(place, remote!, {
      refs: [ref],
      ...pickDefined(options, "runner", "signal", "progress"),
    });
    const pulled = Repo.open(place);
    return {
      repo: pulled,
      base: pulled.requireRev(refspec),
      [Symbol.dispose]: () => work[Symbol.dispose](),
    };
  } catch (error) {
    work[Symbol.dispose]();
    throw error;
  }
}

function isEmpty(change: LayerChange): boolean {
  const { install = [], remove = [], localDebs = [], replaceDebs = [] } = change;
  return install.length + remove.length + localDebs.length + replaceDebs.length === 0;
}
