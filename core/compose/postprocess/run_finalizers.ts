import { basename } from "@std/path";
import { cleanText, hostRunner, type Progress, RunError, type Runner } from "@apt-ostree/base";
import { checkoutTree, type Repo, type TreeChecksums } from "@apt-ostree/ostree";
import { ComposeError } from "../../error.ts";
import type { TreefileFile } from "../../treefile/treefile.ts";
import { importRootfs } from "../rootfs/import_rootfs.ts";
import { pickDefined } from "../pick_defined.ts";

/** What {@linkcode runFinalizers} works with. */
export interface FinalizersOptions {
  /** Repository that has the tree, and gets what becomes of it. */
  readonly repo: Repo;
  /** The finished tree. */
  readonly root: TreeChecksums;
  /** Programs, in their order. */
  readonly finalizers: readonly TreefileFile[];
  /** Directory that they find the tree in; it must not exist, its owner removes it. */
  readonly place: string;
  /** Seconds since 1970 that they take for the time of the build. */
  readonly sourceDateEpoch: number;
  /** Starts programs. @default {hostRunner} */
  readonly runner?: Runner;
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what goes on. */
  readonly progress?: Progress;
}

/** Characters of output that an error can have. */
const OUTPUT_TAIL = 8192;

/**
 * Let programs of the build's own change the finished tree: they run on this machine, not in a sandbox,
 * with the tree as their working directory.
 *
 * @returns The tree as they left it.
 * @throws {ComposeError} `compose/finalize-failed` with name, exit status and what it wrote last.
 */
export async function runFinalizers(options: FinalizersOptions): Promise<TreeChecksums> {
  const { repo, root, finalizers, place, progress } = options;
  const start = performance.now();
  const phase = "finalize";
  const total = finalizers.length;
  progress?.({
    type: "phase-start",
    phase,
    title: `Running ${total} programs of finalize.d`,
    total,
  });
  const call = pickDefined(options, "signal");
  Deno.mkdirSync(place.slice(0, place.lastIndexOf("/")), { recursive: true });
  // They may write in place: files of their own, no links to objects.
  await checkoutTree(repo, root, place, { how: "copy", ...call });
  for (const [done, { path }] of finalizers.entries()) {
    progress?.({ type: "phase-progress", phase, done, item: basename(path) });
    await runOne(path, options);
  }
  const finalized = await importRootfs(repo, place, pickDefined(options, "signal", "progress"));
  progress?.({ type: "phase-end", phase, done: total, ms: performance.now() - start });
  return finalized;
}

async function runOne(path: string, options: FinalizersOptions): Promise<void> {
  const { runner = hostRunner, place, sourceDateEpoch } = options;
  const decoder = new TextDecoder();
  let output = "";
  const take = (piece: Uint8Array) => {
    output = (output + decoder.decode(piece, { stream: true })).slice(-OUTPUT_TAIL);
  };
  try {
    // unshare without options only starts the program: it is one of those that may be run.
    await runner.run(["unshare", "--", path], {
      cwd: place,
      env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch) },
      onStdout: take,
      onStderr: take,
      ...pickDefined(options, "signal"),
    });
  } catch (cause) {
    if (!(cause instanceof RunError)) throw cause;
    const ended = cause.status === undefined
      ? cause.message.replace(/^.*: /, "")
      : `it ended with status ${cause.status}`;
    const lines = cleanText(output).trimEnd().split("\n").slice(-12).join("\n");
    throw new ComposeError(
      "compose/finalize-failed",
      `Cannot finish the tree with "finalize.d/${basename(path)}": ${ended}${
        lines && `\n${lines}`
      }`,
      {
        subject: path,
        hint: lines === ""
          ? "It wrote nothing; nothing was changed"
          : "The lines above are what it wrote last; nothing was changed",
        cause,
      },
    );
  }
}
