/**
 * What dpkg itself makes of packages, in a cell whose root is the small Debian.
 *
 * @module
 */
import { applyOverlay, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { readUpper, removeTree, Sandbox } from "@apt-ostree/sandbox";
import type { RulesWorld } from "./rules_world.ts";

/** A system after some commands. */
export interface Judged {
  readonly tree: TreeChecksums;
  /** Whether all of them succeeded. */
  readonly success: boolean;
  readonly output: string;
}

/** Seconds since 1970 that every script takes for the time. */
export const EPOCH = 1_700_000_000;
const MOUNTS = new Set(["dev", "proc", "sys", "run", "tmp", "var/tmp"]);

/** A cell in which commands follow one another. */
export class Cell implements Disposable {
  readonly #world: RulesWorld;
  readonly #directory: string;
  readonly #sandbox: Sandbox;
  readonly #from: TreeChecksums;

  /** @param lower Checkout of `from`. @default the small Debian's */
  constructor(world: RulesWorld, from = world.base, lower = world.checkout) {
    this.#world = world;
    this.#from = from;
    this.#directory = world.directory("cell");
    const at = (name: string) => `${this.#directory}/${name}`;
    const overlay = { lower, upper: at("upper"), work: at("work"), merged: at("merged") };
    const directory = this.#directory;
    this.#sandbox = new Sandbox({ directory, overlay, sourceDateEpoch: EPOCH });
  }

  /** Run a shell script; `$1`… are files of the host, seen read-only. */
  async run(script: string, files: readonly string[] = []): Promise<Judged> {
    const dest = (at: number) => `/run/apt-ostree/${at}/${files[at]!.replace(/.*\//, "")}`;
    const { status, output } = await this.#sandbox.run({
      argv: ["sh", "-ec", script, "sh", ...files.map((_, at) => dest(at))],
      binds: files.map((source, at) => ({ source, dest: dest(at), writable: false })),
    });
    return { tree: await this.#read(), success: status === 0, output };
  }

  async #read(): Promise<TreeChecksums> {
    const { repo } = this.#world;
    const tree = Tree.fromChecksums(repo, this.#from);
    const upper = `${this.#directory}/upper`;
    using txn = repo.transaction();
    await applyOverlay(txn, tree, upper, readUpper(upper, MOUNTS));
    const sums = tree.write(txn);
    txn.commit({ sync: false });
    return sums;
  }

  [Symbol.dispose](): void {
    removeTree(this.#directory);
  }
}

/** The options under which the assembly configures packages too. */
export const DPKG = "dpkg --force-unsafe-io --force-confdef --force-confold";
