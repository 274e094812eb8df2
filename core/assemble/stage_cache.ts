import { createHash } from "node:crypto";
import { type Repo, type Transaction, type TreeChecksums, variant } from "@apt-ostree/ostree";
import { SCRIPTS_KEY } from "../audit/commit_scripts.ts";
import { decodeScripts, encodeScripts } from "../audit/encode_scripts.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import type { PackageCommit } from "../import/package_commit.ts";

/** A tree between two steps of an assembly, and what had happened by then. */
export interface Stage {
  readonly root: TreeChecksums;
  /** Files that no tree can hold and that were left out. */
  readonly skipped: readonly string[];
  /** What maintainer scripts did on the way. */
  readonly scripts: readonly RecordedScript[];
}

/** Changes when the same packages give another tree. */
const STAGE_VERSION = 4;
const PREFIX = "aptostree/stage";
/** Stages that are kept; the oldest go first. */
const KEPT = 32;

/**
 * Keeps the trees between the steps of assemblies, each under a digest of all that made it.
 *
 * Steps are functions of their inputs, so a stage found here is the one that would come out again: a
 * tree that differs only in its last layer costs only that layer.
 */
export class StageCache {
  readonly #repo: Repo;
  readonly #seed: string;

  /** @param seed All that decides about a stage beside its packages. */
  constructor(repo: Repo, seed: string) {
    this.#repo = repo;
    this.#seed = `${STAGE_VERSION}\0${seed}`;
  }

  /** Keys of the stages after each of these steps. */
  keys(waves: readonly (readonly PackageCommit[])[]): string[] {
    let key = this.#seed;
    return waves.map((wave) => {
      const hash = createHash("sha256").update(key);
      for (const pkg of wave) hash.update(`\0${pkg.commit}`);
      return key = hash.digest("hex");
    });
  }

  /** The stage of a key, if it is here. */
  find(key: string): Stage | undefined {
    const commit = this.#repo.resolveRev(`${PREFIX}/${key}`);
    if (commit === undefined) return undefined;
    const { root, metadata } = this.#repo.readCommit(commit);
    const packed = metadata.get(SCRIPTS_KEY)?.value as Uint8Array | undefined;
    const scripts = packed && decodeScripts(packed)?.scripts;
    if (!scripts) return undefined;
    return { root, skipped: metadata.get("aptostree.skipped")?.value as string[] ?? [], scripts };
  }

  /** Keep a stage. */
  store(txn: Transaction, key: string, stage: Stage): void {
    const metadata = new Map([
      ["aptostree.skipped", variant("as", [...stage.skipped])],
      [SCRIPTS_KEY, variant("ay", encodeScripts(stage.scripts))],
    ]);
    const commit = txn.writeCommit({
      root: stage.root,
      timestamp: Math.floor(Date.now() / 1000),
      metadata,
    });
    txn.setRef(`${PREFIX}/${key}`, commit);
    const stages = [...this.#repo.listRefs(PREFIX)].map(([ref, each]) => ({
      ref,
      time: this.#repo.readCommit(each).timestamp,
    }));
    for (const { ref } of stages.sort((a, b) => b.time - a.time).slice(KEPT - 1)) {
      txn.setRef(ref, null);
    }
  }
}
