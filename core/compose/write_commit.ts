import type { Progress } from "@apt-ostree/base";
import {
  type Commit,
  type ContentPull,
  pullLocal,
  type Repo,
  signCommit,
  Tree,
  variant,
} from "@apt-ostree/ostree";
import { SCRIPTS_KEY } from "../audit/commit_scripts.ts";
import { encodeScripts } from "../audit/encode_scripts.ts";
import type { RecordedScript } from "../audit/scripts_record.ts";
import { readAdvisories } from "../packages/read_advisories.ts";
import { writeSboms } from "../sbom/write_sbom.ts";
import type { Treefile } from "../treefile/treefile.ts";
import type { FinishedTree } from "./closing_stage.ts";
import { type CommitFacts, commitMetadata } from "./commit_metadata.ts";
import { openSigner } from "./open_signer.ts";
import { writeOutput } from "./output_file.ts";
import { pickDefined } from "./pick_defined.ts";

/** What {@linkcode writeCommit} makes a commit of. */
export interface WriteCommitOptions {
  readonly finished: FinishedTree;
  readonly treefile: Treefile;
  /** The kernel's name of the architecture. */
  readonly basearch: string;
  readonly packages: CommitFacts["packages"];
  /** What the scripts of its packages did. */
  readonly scripts: readonly RecordedScript[];
  readonly inputHash: string;
  readonly repositories: CommitFacts["repositories"];
  readonly version: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly parent: string | undefined;
  /** Further metadata, texts. */
  readonly added: Readonly<Record<string, string>>;
  /** Further metadata as JSON has them. */
  readonly addedJson: Readonly<Record<string, unknown>>;
  /** Root of the system whose advisories count. */
  readonly sourceRoot: string;
  /** Repository with the tree's objects. */
  readonly work: Repo;
  /** Repository that takes the commit. */
  readonly target: Repo;
  /** Files that are on their way there already. */
  readonly ahead?: ContentPull;
  /** File that gets the commit's checksum; the ref is not written then. */
  readonly writeCommitidTo: string | undefined;
  /** Called when everything so far is on the disk. */
  readonly onSynced: () => void;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** A commit that was written. */
export interface WrittenCommit {
  readonly commit: string;
  /** `undefined` where no ref was written. */
  readonly ref: string | undefined;
  /** Files of the bills of materials that were written. */
  readonly sboms: readonly string[];
  /** Content objects that the target lacked. */
  readonly newFiles: number;
  /** Bytes of these. */
  readonly newBytes: number;
  /** Directories' objects and commits that the target lacked. */
  readonly newMetadata: number;
}

/**
 * Commit a finished tree with its metadata and signatures, and bring it to its repository; the ref moves
 * last.
 *
 * @throws {ComposeError} {@linkcode SignatureError} {@linkcode RepoError}
 */
export async function writeCommit(options: WriteCommitOptions): Promise<WrittenCommit> {
  const { treefile, finished, scripts, work, target, writeCommitidTo, progress } = options;
  const { root, release } = finished;
  const start = performance.now();
  const phase = "commit";
  progress?.({ type: "phase-start", phase, title: "Writing the commit" });
  const { inline, detached } = commitMetadata({
    ...options,
    release,
    advisories: treefile.advisoriesMetadata === "disabled"
      ? []
      : readAdvisories(work, options.sourceRoot, { after: Tree.fromChecksums(work, root) }),
  });
  const commit: Commit = {
    root,
    ...(options.parent === undefined ? {} : { parent: options.parent }),
    timestamp: options.timestamp,
    metadata: inline,
  };
  const checksum = (() => {
    using txn = work.transaction();
    const written = txn.writeCommit(commit);
    const record = [SCRIPTS_KEY, variant("ay", encodeScripts(scripts))] as const;
    txn.setDetachedMetadata(written, new Map([...detached, record]));
    if (treefile.ref !== undefined) txn.setRef(treefile.ref, written);
    txn.commit({ sync: true }); // one wait for everything since the import began
    return written;
  })();
  options.onSynced();
  for (const key of treefile.sign) await signCommit(work, checksum, openSigner(key));
  const sboms = treefile.sbom.length === 0
    ? []
    : await writeSboms(work, target, checksum, treefile.sbom);
  const ref = writeCommitidTo === undefined ? treefile.ref : undefined;
  const refs = new Map(ref === undefined ? [] : [[ref, checksum]]);
  const { files, bytes, metadata } = await pullLocal(work, target, [checksum], {
    refs,
    ...pickDefined(options, "signal", "ahead"),
  });
  if (writeCommitidTo !== undefined) writeOutput(writeCommitidTo, checksum);
  const ms = performance.now() - start;
  progress?.({ type: "phase-end", phase, done: files, ms, summary: `${files} new files` });
  return {
    commit: checksum,
    ref,
    sboms,
    newFiles: files,
    newBytes: bytes,
    newMetadata: metadata,
  };
}
