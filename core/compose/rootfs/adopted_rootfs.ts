import type { Progress, Runner } from "@apt-ostree/base";
import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { Assembly } from "../../assemble/assemble_system.ts";
import { SyncedCheckout } from "../../assemble/synced_checkout.ts";
import type { ReadTreefile } from "../../treefile/read_treefile.ts";
import { type FinishedTree, runClosingStage, USUAL_CLOSING } from "../closing_stage.ts";
import { pickDefined } from "../pick_defined.ts";
import { committedKernel } from "../postprocess/kernel.ts";
import { adoptRootfs, type RootfsForm } from "./adopt_rootfs.ts";

/** What {@linkcode AdoptedRootfs} works with. */
export interface AdoptedRootfsOptions {
  /** Repository of mode bare that has the tree. */
  readonly repo: Repo;
  /** What was read from the directory. */
  readonly root: TreeChecksums;
  /** The directory as the user named it, for messages. */
  readonly path: string;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  /** `undefined` where all is as usual. */
  readonly read: ReadTreefile | undefined;
  /** Seconds since 1970 that programs take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** Directory on the repository's filesystem for what is made on the way; its owner removes it. */
  readonly directory: string;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A root file system from a directory, whoever made it. */
export class AdoptedRootfs {
  /** Whether its form is the one that libostree deploys. */
  readonly form: RootfsForm;
  /** Its tree, with dpkg's database where images have it. */
  readonly tree: Tree;
  readonly #options: AdoptedRootfsOptions;

  /** Look at what was read. @throws {ComposeError} As {@linkcode adoptRootfs}. */
  constructor(options: AdoptedRootfsOptions) {
    const { repo, path, basearch } = options;
    this.#options = options;
    this.tree = Tree.fromChecksums(repo, options.root);
    using txn = repo.transaction();
    this.form = adoptRootfs(repo, txn, this.tree, path, basearch);
    txn.commit({ sync: false });
  }

  /**
   * The tree in the form that libostree deploys; the directory stays as it is.
   *
   * @throws {ComposeError} {@linkcode ScriptError}
   */
  async close(): Promise<FinishedTree> {
    const { repo, read, directory, sourceDateEpoch } = this.#options;
    const { tree } = this;
    if (this.form === "deployable") {
      using txn = repo.transaction();
      const root = tree.write(txn);
      txn.commit({ sync: false });
      const release = read?.treefile.container ? undefined : committedKernel(tree);
      return { root, tree, release, dropped: [] };
    }
    const call = pickDefined(this.#options, "runner", "signal", "progress");
    Deno.mkdirSync(directory, { recursive: true });
    const checkout = new SyncedCheckout(repo, `${directory}/lower`);
    return await runClosingStage({
      assembly: Assembly.onBase({ repo, directory, sourceDateEpoch, ...call }, tree, checkout),
      repo,
      fields: read?.treefile ?? USUAL_CLOSING,
      finalizers: read?.finalizers ?? [],
      sourceDateEpoch,
      directory,
      freshInitramfs: false,
      ...call,
    });
  }
}
