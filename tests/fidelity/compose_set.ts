import { AptRoot } from "@apt-ostree/apt";
import { Assembly, composeTree, findPackage, WITHOUT_DOCUMENTATION } from "@apt-ostree/core";
import { checkoutTree, Repo } from "@apt-ostree/ostree";
import { writeAutoInstalled } from "../../core/compose/postprocess/auto_installed.ts";
import { run } from "../support/archive.ts";
import type { PackageSet } from "./package_sets.ts";
import type { SetArchive } from "./set_archive.ts";

/** Where composes work. */
export interface ComposePlace {
  /** Repository of mode bare, which takes the commits. */
  readonly repo: string;
  /** Directory with the cache that sets share. */
  readonly cachedir: string;
  /** Directory of this set, on the same file system. */
  readonly dir: string;
  readonly sourceDateEpoch: number;
}

/** The ref of a set, or of several, each a layer on those before it. */
export function refOf(...sets: readonly PackageSet[]): string {
  return `fidelity/${sets.map(({ name }) => name).join("-")}`;
}

/**
 * Compose sets as the program does, each a treefile that includes those before it.
 *
 * @param archives Those of the sets, in their order.
 * @returns The ref of the commit.
 */
export async function composeLayers(
  sets: readonly PackageSet[],
  archives: readonly SetArchive[],
  place: ComposePlace,
): Promise<string> {
  const { repo, cachedir, dir, sourceDateEpoch } = place;
  const ref = refOf(...sets);
  for (const [at, { name, packages, documentation = true }] of sets.entries()) {
    Deno.writeTextFileSync(`${dir}/${name}.sources`, archives[at]!.sources);
    const treefile = {
      ...(at === 0 ? { documentation } : { include: `${sets[at - 1]!.name}.json` }),
      ref,
      repos: sets.slice(0, at + 1).map((each) => each.name),
      packages,
      recommends: false,
      // A compose refuses keys that scripts make; here it is compared what they make.
      checks: { secrets: { allow: ["/etc/ssl/private/ssl-cert-snakeoil.key"] } },
    };
    Deno.writeTextFileSync(`${dir}/${name}.json`, JSON.stringify(treefile));
  }
  const treefile = `${dir}/${sets.at(-1)!.name}.json`;
  await composeTree({ treefile, repo, cachedir, sourceDateEpoch });
  return ref;
}

/**
 * Compose a set, and lay out the tree as it was before it took the form of a deployment.
 *
 * That tree comes from the stages which the compose has just left in its cache. dpkg's database is the
 * one thing that is moved: from where the image keeps it to where dpkg does.
 *
 * @returns The directory with the tree.
 */
export async function composeSet(
  set: PackageSet,
  archive: SetArchive,
  place: ComposePlace,
): Promise<string> {
  const { cachedir, dir, sourceDateEpoch } = place;
  const { packages, documentation = true } = set;
  await composeLayers([set], [archive], place);

  const architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  const apt = await AptRoot.create({
    dir: `${cachedir}/apt`,
    architecture,
    sources: [{ name: `${set.name}.sources`, text: archive.sources }],
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
  return root;
}
