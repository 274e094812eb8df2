import { Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { Assembly } from "../../../core/assemble/assemble_system.ts";
import type { PathFilter } from "../../../core/assemble/path_filter.ts";
import { SyncedCheckout } from "../../../core/assemble/synced_checkout.ts";
import type { PackageCommit } from "../../../core/import/package_commit.ts";
import { EPOCH } from "./judge_dpkg.ts";
import type { RulesWorld } from "./rules_world.ts";

/** What the assembly makes of packages that are added to a system, or come over older ones. */
export async function assembleOurs(
  world: RulesWorld,
  from: TreeChecksums,
  packages: readonly PackageCommit[],
  filter: PathFilter,
): Promise<TreeChecksums> {
  const { repo } = world;
  const directory = world.directory("ours");
  const assembly = Assembly.onBase(
    { repo, directory, sourceDateEpoch: EPOCH, filter },
    Tree.fromChecksums(repo, from),
    new SyncedCheckout(repo, `${directory}/lower`),
  );
  const requested = packages.map(({ id }) => id.name);
  await assembly.change({ packages, removals: [], requested });
  const sums = assembly.write((txn) => assembly.tree.write(txn));
  await Deno.remove(directory, { recursive: true });
  return sums;
}
