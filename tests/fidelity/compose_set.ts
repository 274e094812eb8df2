import { AptRoot } from "@apt-ostree/apt";
import { Assembly, composeTree, findPackage, WITHOUT_DOCUMENTATION } from "@apt-ostree/core";
import { checkoutTree, Repo } from "@apt-ostree/ostree";
import { writeAutoInstalled } from "../../core/compose/postprocess/auto_installed.ts";
import { run } from "../support/archive.ts";
import type { PackageSet } from "./package_sets.ts";
import type { SetArchive } from "./set_archive.ts";

/** What our side made of a set. */
export interface ComposedSet {
  /** Repository with the commit. */
  readonly repo: string;
  /** Its ref. */
  readonly ref: string;
  /** The tree before it takes the form of a deployment, laid out as files. */
  readonly root: string;
}

/** Where things are kept from one set to the next. */
export interface ComposePlace {
  /** Directory with the cache that sets share. */
  readonly cachedir: string;
  /** Empty directory of this set, on the same file system. */
  readonly dir: string;
}

/**
 * Compose a set as the program does, and lay out the tree as it was before it became a deployment.
 *
 * That tree comes from the stages which the compose has just left in its cache. dpkg's database is the
 * one thing that is moved: from where the image keeps it to where dpkg does.
 */
export async function composeSet(
  set: PackageSet,
  archive: SetArchive,
  place: ComposePlace,
  sourceDateEpoch: number,
): Promise<ComposedSet> {
  const { cachedir, dir } = place;
  const [repo, ref] = [`${dir}/repo`, `fidelity/${set.name}`];
  Repo.init(repo, { mode: "bare" });
  const { packages, documentation = true } = set;
  // Keys that packages make are part of what is compared.
  const checks = { "host-identity": "warn", "secrets": "warn", "password-hashes": "warn" };
  const treefile = { ref, repos: ["set"], packages, recommends: false, documentation, checks };
  Deno.writeTextFileSync(`${dir}/set.sources`, archive.sources);
  Deno.writeTextFileSync(`${dir}/tree.json`, JSON.stringify(treefile));
  const made = await composeTree({ treefile: `${dir}/tree.json`, repo, cachedir, sourceDateEpoch });
  if (made.kind !== "committed") throw new Error(`The compose of ${set.name} is ${made.kind}`);

  const architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  const apt = await AptRoot.create({
    dir: `${cachedir}/apt`,
    architecture,
    sources: [{ name: "set.sources", text: archive.sources }],
  });
  await apt.update({ cacheOnly: true });
  const plan = await apt.plan({ install: packages, exclude: [], recommends: false });
  const work = Repo.open(`${cachedir}/repo`);
  const commits = plan.packages.map((each) => findPackage(work, each, each.sha256)!);
  Deno.mkdirSync(`${dir}/assembly`);
  const assembly = Assembly.fresh({
    repo: work,
    directory: `${dir}/assembly`,
    sourceDateEpoch,
    ...(documentation ? {} : { filter: WITHOUT_DOCUMENTATION }),
  });
  await assembly.addAll(commits, [packages], { recommends: false });
  assembly.write((txn) => writeAutoInstalled(txn, assembly.tree, plan.packages, architecture));
  const checksums = assembly.write((txn) => assembly.tree.write(txn));
  const root = `${dir}/ours`;
  await checkoutTree(work, checksums, root);
  await run(
    "sh",
    "-ec",
    'cd "$1" && rm var/lib/dpkg && mv usr/lib/sysimage/dpkg var/lib && rmdir usr/lib/sysimage',
    "sh",
    root,
  );
  return { repo, ref, root };
}
